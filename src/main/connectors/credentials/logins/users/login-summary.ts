import type { LoginSummary } from '../login-service.ts';
import type { OAuthCredentials } from '../oauth-credentials.ts';

/** Returns a summary of a connector's login for display, from the data in memory. */
export function summaryOf(credentials: OAuthCredentials): LoginSummary {
  const { binding, login, state, target, wanted, isMachine } = credentials;
  const tokens = login?.tokens ?? null;
  return {
    connectorId: target.connectorId,
    state,
    issuer: login?.key.issuer ?? wanted?.issuer ?? target.oauth?.issuer ?? binding?.key?.issuer ?? null,
    clientId: login?.key.clientId ?? target.oauth?.clientId ?? null,
    scope: tokens?.scope ?? null,
    missingScope: missingScope(tokens?.scope ?? null, binding?.wantedScope ?? null),
    expiresAt: tokens?.expiresAtMs ?? null,
    isRefreshable: isMachine || (tokens !== null && tokens.refreshToken !== null),
    reason: state === 'lost' ? reasonOf(credentials) : null,
  };
}

function reasonOf({ login }: OAuthCredentials): string {
  if (login === null || login.tokens === null) return login?.lostBecause ?? 'it was refused';
  if (login.tokens.refreshToken === null) return 'it has expired, and its issuer gave no refresh token';
  return 'the connector refuses its tokens, although they are new';
}

/**
 * Returns the scopes that are needed and not granted, separated by blanks. Returns null if no scope is missing, or if
 * the granted scopes are unknown.
 */
function missingScope(granted: string | null, wanted: string | null): string | null {
  if (granted === null || wanted === null) return null;
  const has = new Set(granted.split(' '));
  const missing = wanted.split(' ').filter((scope) => scope !== '' && !has.has(scope));
  return missing.length === 0 ? null : missing.join(' ');
}
