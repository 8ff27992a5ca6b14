import type { OAuthTokens } from '@modelcontextprotocol/client';
import { SwitchyardError } from '../../../../../shared/errors.ts';
import type { LoginTokens } from '../../../../../shared/logins/login-records.ts';
import { readScopes } from '../challenge.ts';
import type { ForeignObject } from '../discovery-record.ts';
import { jsonResponse, type SeenAnswer } from './foreign-answers.ts';

/**
 * Codes of answers after which the same refresh token will never do: those of RFC 6749 section 5.2 and RFC 8707, and
 * what GitHub (with status 200), Slack (with status 200), Microsoft and others write in their place. Auth0 and
 * Atlassian answer with status 403. Some servers write `invalid_request` for an unknown token.
 */
const DEFINITE: ReadonlySet<string> = new Set([
  'invalid_grant',
  'unauthorized_client',
  'invalid_request',
  'invalid_scope',
  'invalid_target',
  'unsupported_grant_type',
  'access_denied',
  'bad_refresh_token',
  'invalid_refresh_token',
  'invalid_token',
  'expired_token',
  'token_expired',
  'token_revoked',
  'account_inactive',
  'interaction_required',
  'login_required',
  'consent_required',
]);

/** Codes that refuse the client. A configured one may have a wrong secret, which is put right without a new login. */
const CLIENT_REFUSED: ReadonlySet<string> = new Set([
  'invalid_client',
  'incorrect_client_credentials',
  'bad_client_secret',
]);

/** Statuses of answers that a server means. Others come from what stands before it, or say that it failed. */
const MEANT: ReadonlySet<number> = new Set([200, 400, 401, 403]);

/** What fits into a header of a request, and is safe there. */
const ACCESS_TOKEN = /^[\x21-\x7e]{1,32768}$/;
const MAX_REFRESH_TOKEN_LENGTH = 65_536;

/** Ten years. A token that claims to live longer is asked about as late as a timer can. */
const MAX_LIFE_S = 315_360_000;

/** Whether an answer to a refresh says that its token is of no use any more. */
export function isDefiniteRefusal({ status, error }: SeenAnswer, isRegistered: boolean): boolean {
  if (status === null || !MEANT.has(status) || error === null) return false;
  return DEFINITE.has(error) || (isRegistered && CLIENT_REFUSED.has(error));
}

/**
 * What the SDK is shown of an answer of a token endpoint: the members that it knows, as its schema wants them, so that
 * a token that was given is not lost to a wrong type beside it.
 */
export function showTokens(body: ForeignObject | null, { status, error }: SeenAnswer): Response {
  const { access_token, token_type, refresh_token, scope } = body ?? {};
  if (status === null || status >= 300 || typeof access_token !== 'string')
    return jsonResponse({ error: error ?? 'server_error' }, status !== null && status >= 400 ? status : 400);
  const seconds = readSeconds(body?.expires_in);
  const scopes = Array.isArray(scope) ? scope.filter((one) => typeof one === 'string').join(' ') : scope;
  // GitHub, Slack and Linear write commas between scopes.
  const isListed = typeof scopes === 'string' && !/\s/.test(scopes);
  return jsonResponse(
    {
      access_token,
      // Demanded by RFC 6749 section 5.1; some servers leave it out.
      token_type: typeof token_type === 'string' ? token_type : 'Bearer',
      ...(typeof refresh_token === 'string' && refresh_token !== '' && { refresh_token }),
      ...(typeof scopes === 'string' && { scope: isListed ? scopes.replaceAll(',', ' ') : scopes }),
      ...(seconds !== null && { expires_in: seconds }),
    },
    200,
  );
}

/**
 * Tokens as they are kept. Throws LOGIN_UNSUPPORTED for another type than Bearer, LOGIN_FAILED for an access token that
 * no header can hold.
 */
export function readTokens(tokens: OAuthTokens, issuer: string, askedAtMs: number): LoginTokens {
  const { access_token, token_type, refresh_token, scope, expires_in } = tokens;
  if (token_type.toLowerCase() !== 'bearer')
    throw new SwitchyardError('LOGIN_UNSUPPORTED', `${issuer} gave a token of another type than Bearer.`);
  if (!ACCESS_TOKEN.test(access_token))
    throw new SwitchyardError('LOGIN_FAILED', `${issuer} gave an access token that no header can hold.`);
  if (refresh_token !== undefined && refresh_token.length > MAX_REFRESH_TOKEN_LENGTH)
    throw new SwitchyardError('LOGIN_FAILED', `${issuer} gave a refresh token that is too long.`);
  return {
    accessToken: access_token,
    refreshToken: refresh_token ?? null,
    // Counted from before the request, so that a slow answer does not make a token live longer.
    expiresAtMs: expires_in === undefined ? null : askedAtMs + expires_in * 1000,
    obtainedAtMs: askedAtMs,
    scope: readScopes(scope ?? null),
  };
}

/** `expires_in` of an answer in whole seconds, at most ten years; null for what says nothing. Some servers quote it. */
function readSeconds(value: unknown): number | null {
  const seconds = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  // Zero or less would mean a refresh before every request; a 401 will tell.
  if (typeof seconds !== 'number' || !(seconds >= 1)) return null;
  return Math.min(Math.floor(seconds), MAX_LIFE_S);
}
