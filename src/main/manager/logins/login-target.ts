import type { ConnectorEntry } from '../../../shared/map/service-map.ts';
import { loginTargetOf } from '../../connectors/bring-up/login-target-of-entry.ts';
import { commandOf, loginSecretOf } from '../../connectors/connection/local-entry.ts';
import type { LoginTarget } from '../../connectors/credentials/login-target.ts';
import { hasAuthorization } from '../../connectors/credentials/static-credentials.ts';
import type { ResolvedOptions } from '../../options/options.ts';

/** Finds the login target of an entry; null if the entry uses other credentials, or no credentials. */
export type TargetOf = (entry: ConnectorEntry) => LoginTarget | null;

/**
 * Other credentials are a key, an `Authorization` header of the entry, and the host's own `oauth`. Stdio servers,
 * connectors of the host's `createProxy` and entries with `oauth: false` have no login target.
 */
export function createTargetOf(
  options: Pick<ResolvedOptions, 'oauth' | 'createProxy' | 'allowEnv' | 'fleet'>,
): TargetOf {
  const { oauth, createProxy, allowEnv, fleet } = options;
  const environment = { allowEnv, env: process.env, isOfReplica: fleet?.sharesLogins === false };
  /** Caches the targets of entries without a secret of their own, because a status may read all logins every second. */
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
