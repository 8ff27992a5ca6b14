import { codeOf } from '../../../../shared/errors.ts';

/** Messages for the user, by error code. They repeat no text from an issuer, a connector or the requested address. */
const WORDS: Readonly<Record<string, string>> = {
  LOGIN_EXPIRED: 'The login took too long, was used before, or was started elsewhere. Start it again.',
  LOGIN_FAILED:
    'The authorization server refused the login, or could not be reached. See the gateway’s log for the reason.',
  LOGIN_CLIENT_UNKNOWN:
    'The authorization server does not know this gateway and does not let it register. The operator of this gateway ' +
    'must register a client there by hand, and put its id into oauth.clientId of the connector’s entry.',
  LOGIN_SECRET_MISSING:
    'The connector’s entry names a variable for its client secret, but the gateway does not have that variable.',
  LOGIN_METADATA_INVALID:
    'The login metadata of the connector is invalid or not allowed. The gateway’s log names the invalid field.',
  LOGIN_UNSUPPORTED: 'The connector needs a kind of login that this gateway does not support.',
  CONNECTOR_UNKNOWN: 'The connector no longer exists.',
  CONNECTOR_ADDRESS_REFUSED: 'The authorization server is at an address that this gateway may not connect to.',
  STORE_UNAVAILABLE: 'The login could not be stored.',
  CLOSED: 'The gateway is shutting down.',
};

/** Returns why a login failed, as a sentence for the user. */
export function failureWords(error: unknown, isDeclined = false): string {
  if (isDeclined) return 'The login was declined at the authorization server.';
  return WORDS[codeOf(error) ?? ''] ?? 'The gateway failed. See its log for the reason.';
}
