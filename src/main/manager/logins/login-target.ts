import type { ConnectorEntry } from '../../../shared/map/service-map.ts';
import { loginTargetOf } from '../../connectors/bring-up/login-target-of-entry.ts';
import { commandOf, loginSecretOf } from '../../connectors/connection/local-entry.ts';
import type { LoginTarget } from '../../connectors/credentials/login-target.ts';
import { hasAuthorization } from '../../connectors/credentials/static-credentials.ts';
import type { ResolvedOptions } from '../../options/options.ts';

/**
 * Returns what a login to the connector of an entry needs; null if the connector does not use a login of this package.
 */
export type TargetOf = (entry: ConnectorEntry) => LoginTarget | null;

/**
 * Creates a {@link TargetOf}. It returns null for entries with a key or an `Authorization` header, for entries with
 * `oauth: false`, and for stdio servers. It also returns null if the host has a `createProxy`, or if the host's `oauth`
 * returns a login for the connector.
 */
export function createTargetOf(
  options: Pick<ResolvedOptions, 'oauth' | 'createProxy' | 'allowEnv' | 'fleet'>,
): TargetOf {
  const { oauth, createProxy, allowEnv, fleet } = options;
  const environment = { allowEnv, env: process.env, isOfReplica: fleet?.sharesLogins === false };
  /**
   * Caches the results, because `status()` may be called every second. Entries with their own client secret are not
   * cached.
   */
  const known = new WeakMap<ConnectorEntry, LoginTarget | null>();
  return (entry) => {
    if (commandOf(entry) !== null || createProxy !== null) return null;
    if (entry.auth !== undefined && entry.auth.type !== 'none') return null;
    if (hasAuthorization(entry) || oauth(entry.id) !== null) return null;
    if (loginSecretOf(entry) !== null) return loginTargetOf(entry, environment);
    const before = known.get(entry);
    if (before !== undefined) return before;
    const target = loginTargetOf(entry, environment);
    known.set(entry, target);
    return target;
  };
}
