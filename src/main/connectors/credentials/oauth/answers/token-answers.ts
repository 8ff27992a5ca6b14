import type { OAuthTokens } from '@modelcontextprotocol/client';
import { SwitchyardError } from '../../../../../shared/errors.ts';
import type { LoginTokens } from '../../../../../shared/logins/login-records.ts';
import { readScopes } from '../challenge.ts';
import type { ForeignObject } from '../discovery-record.ts';
import { jsonResponse, type SeenAnswer } from './foreign-answers.ts';

/**
 * Error codes after which the same refresh token will never work. They are the codes of RFC 6749 section 5.2 and RFC
 * 8707, and the codes that GitHub and Slack (with status 200), Microsoft and others use instead. Auth0 and Atlassian
 * respond with status 403. Some servers use `invalid_request` for an unknown token.
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

/**
 * Error codes with which an issuer refuses the client. A client that the user configured may have a wrong secret, which
 * can be corrected without a new login.
 */
const CLIENT_REFUSED: ReadonlySet<string> = new Set([
  'invalid_client',
  'incorrect_client_credentials',
  'bad_client_secret',
]);

/**
 * Statuses with which an issuer grants or refuses a request. Other statuses come from intermediaries, or say that the
 * issuer failed.
 */
const MEANT: ReadonlySet<number> = new Set([200, 400, 401, 403]);

/** Matches a token that can be sent safely in a request header. */
const ACCESS_TOKEN = /^[\x21-\x7e]{1,32768}$/;
const MAX_REFRESH_TOKEN_LENGTH = 65_536;

/** Maximum life of a token: ten years. A longer life is shortened to this maximum. */
const MAX_LIFE_S = 315_360_000;

/** Whether the response to a refresh says that the refresh token will never work again. */
export function isDefiniteRefusal({ status, error }: SeenAnswer, isRegistered: boolean): boolean {
  if (status === null || !MEANT.has(status) || error === null) return false;
  return DEFINITE.has(error) || (isRegistered && CLIENT_REFUSED.has(error));
}

/**
 * Returns the response of a token endpoint in the form that the SDK gets: only the members that the SDK knows, with the
 * types of its schema. The SDK would otherwise reject a granted token because another member has a wrong type.
 */
export function showTokens(body: ForeignObject | null, { status, error }: SeenAnswer): Response {
  const { access_token, token_type, refresh_token, scope } = body ?? {};
  if (status === null || status >= 300 || typeof access_token !== 'string')
    return jsonResponse({ error: error ?? 'server_error' }, status !== null && status >= 400 ? status : 400);
  const seconds = readSeconds(body?.expires_in);
  const scopes = Array.isArray(scope) ? scope.filter((one) => typeof one === 'string').join(' ') : scope;
  // GitHub, Slack and Linear separate scopes with commas.
  const isListed = typeof scopes === 'string' && !/\s/.test(scopes);
  return jsonResponse(
    {
      access_token,
      // RFC 6749 section 5.1 requires `token_type`; some servers omit it.
      token_type: typeof token_type === 'string' ? token_type : 'Bearer',
      ...(typeof refresh_token === 'string' && refresh_token !== '' && { refresh_token }),
      ...(typeof scopes === 'string' && { scope: isListed ? scopes.replaceAll(',', ' ') : scopes }),
      ...(seconds !== null && { expires_in: seconds }),
    },
    200,
  );
}

/**
 * Converts tokens to their stored form. Throws LOGIN_UNSUPPORTED for a type other than Bearer, and LOGIN_FAILED for an
 * access token that cannot be sent in a header.
 */
export function readTokens(tokens: OAuthTokens, issuer: string, askedAtMs: number): LoginTokens {
  const { access_token, token_type, refresh_token, scope, expires_in } = tokens;
  if (token_type.toLowerCase() !== 'bearer')
    throw new SwitchyardError('LOGIN_UNSUPPORTED', `${issuer} issued a token of a type other than Bearer.`);
  if (!ACCESS_TOKEN.test(access_token))
    throw new SwitchyardError('LOGIN_FAILED', `${issuer} issued an access token that cannot be sent in a header.`);
  if (refresh_token !== undefined && refresh_token.length > MAX_REFRESH_TOKEN_LENGTH)
    throw new SwitchyardError('LOGIN_FAILED', `${issuer} issued a refresh token that is too long.`);
  return {
    accessToken: access_token,
    refreshToken: refresh_token ?? null,
    // The life of a token is counted from before the request, so that a slow response does not extend it.
    expiresAtMs: expires_in === undefined ? null : askedAtMs + expires_in * 1000,
    obtainedAtMs: askedAtMs,
    scope: readScopes(scope ?? null),
  };
}

/**
 * Returns `expires_in` of a response in whole seconds, at most ten years; null for an unusable value. Some servers send
 * it as a string.
 */
function readSeconds(value: unknown): number | null {
  const seconds = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  // A life of zero or less would cause a refresh before every request. It is ignored; a 401 will show when the token
  // expires.
  if (typeof seconds !== 'number' || !(seconds >= 1)) return null;
  return Math.min(Math.floor(seconds), MAX_LIFE_S);
}
