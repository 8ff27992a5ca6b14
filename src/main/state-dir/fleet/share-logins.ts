import type { LoginStore, ReplicatedLoginStore } from '../../../shared/logins/login-store.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { FleetLogins, type FleetLoginsDeps } from './fleet-logins.ts';

/** A store of logins, and what has to be done before its manager is closed. */
export interface SharedLogins {
  readonly logins: LoginStore;
  readonly close: () => void;
}

/** The logins of a host: those of its own store, or those of the whole fleet with `fleet.logins: 'shared'`. */
export function shareLogins(
  local: ReplicatedLoginStore,
  fleet: Fleet | null,
  deps: Pick<FleetLoginsDeps, 'random' | 'logger' | 'leaseNow'>,
): SharedLogins {
  if (fleet?.sharesLogins !== true) return { logins: local, close: () => {} };
  const { random, logger, leaseNow } = deps;
  const logins = new FleetLogins({ local, fleet, random, logger, leaseNow });
  return { logins, close: () => logins.close() };
}
