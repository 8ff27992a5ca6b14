import type { LoginTarget } from '../login-target.ts';
import { readScopes } from './challenge.ts';
import type { LoginDiscovery } from './discovery-record.ts';

const OFFLINE_ACCESS = 'offline_access';

/**
 * The scopes to ask for, with blanks between; null to let the issuer choose. The scopes of the entry win, then those of
 * the challenge, then those of the resource's metadata (MCP 2025-11-25, scope selection strategy).
 *
 * @param wantedScope What a step-up asks for: everything that was granted and demanded so far. It is added.
 * @param client A person also asks for `offline_access` where the issuer knows it, to get a refresh token.
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

/** Each scope of these once, in the order of their first appearance; null where there is none. */
export function uniteScopes(...scopes: readonly (string | null)[]): string | null {
  return readScopes(scopes.join(' '));
}

function knowsOfflineAccess({ metadata }: LoginDiscovery): boolean {
  const grants = metadata?.grant_types_supported ?? null;
  const refreshes = grants === null || grants.includes('refresh_token');
  return refreshes && metadata?.scopes_supported?.includes(OFFLINE_ACCESS) === true;
}
