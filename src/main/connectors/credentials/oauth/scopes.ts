import type { LoginTarget } from '../login-target.ts';
import { readScopes } from './challenge.ts';
import type { LoginDiscovery } from './discovery-record.ts';

const OFFLINE_ACCESS = 'offline_access';

/**
 * Returns the scopes to request, separated by spaces; null to let the issuer choose. The scopes of the entry take
 * precedence, then the scopes of the challenge, then the scopes of the resource's metadata (MCP 2025-11-25, scope
 * selection strategy).
 *
 * @param wantedScope The scopes of a step-up: everything that was granted or demanded so far. If it is not null, these
 *   scopes are requested together with the scopes of the entry and of the challenge.
 * @param client Who logs in. For a `person`, the scope `offline_access` is requested too if the issuer knows it, to get
 *   a refresh token.
 */
export function chooseScope(
  target: LoginTarget,
  discovery: LoginDiscovery,
  wantedScope: string | null,
  challengedScope: string | null,
  client: 'person' | 'machine',
): string | null {
  const own = target.oauth?.scopes?.join(' ');
  const named = own ?? challengedScope ?? discovery.resourceMetadata?.scopes_supported?.join(' ') ?? null;
  const scope = wantedScope === null ? readScopes(named) : uniteScopes(own ?? null, wantedScope, challengedScope);
  const isOffline = client === 'person' && scope !== null && knowsOfflineAccess(discovery);
  return isOffline ? uniteScopes(scope, OFFLINE_ACCESS) : scope;
}

/** Returns the given scopes without duplicates, in the order of their first appearance; null if no scope is given. */
export function uniteScopes(...scopes: readonly (string | null)[]): string | null {
  return readScopes(scopes.join(' '));
}

function knowsOfflineAccess({ metadata }: LoginDiscovery): boolean {
  const grants = metadata?.grant_types_supported ?? null;
  const refreshes = grants === null || grants.includes('refresh_token');
  return refreshes && metadata?.scopes_supported?.includes(OFFLINE_ACCESS) === true;
}
