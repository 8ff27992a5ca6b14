import { codeOf } from '../../../../shared/errors.ts';

/** For each code: what to tell the person. Nothing that an issuer, a connector or the address said is repeated. */
const WORDS: Readonly<Record<string, string>> = {
  LOGIN_EXPIRED: 'It took too long, was used before, or was started elsewhere. Start it again.',
  LOGIN_FAILED:
    'The authorization server refused the login, or could not be reached. The gateway’s log names the reason.',
  LOGIN_CLIENT_UNKNOWN:
    'The authorization server does not know this gateway and does not let it register. The operator of this gateway ' +
    'has to register a client there by hand, and put its id into oauth.clientId of the connector’s entry.',
  LOGIN_SECRET_MISSING:
    'The connector’s entry names a variable for its client secret, which the gateway does not have.',
  LOGIN_METADATA_INVALID:
    'What the connector says about its login is invalid or not allowed. The gateway’s log names the field.',
  LOGIN_UNSUPPORTED: 'The connector wants a kind of login that this gateway does not support.',
  CONNECTOR_UNKNOWN: 'The connector is no longer there.',
  CONNECTOR_ADDRESS_REFUSED: 'The authorization server is at an address that this gateway may not connect to.',
  STORE_UNAVAILABLE: 'The login could not be stored.',
  CLOSED: 'The gateway is shutting down.',
};

/** Why a login failed, as a sentence for the person who tried. */
export function failureWords(error: unknown, isDeclined = false): string {
  if (isDeclined) return 'The login was declined at the authorization server.';
  return WORDS[codeOf(error) ?? ''] ?? 'The gateway failed. Its log names the reason.';
}
