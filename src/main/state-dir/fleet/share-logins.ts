import type { LoginStore, ReplicatedLoginStore } from '../../../shared/logins/login-store.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { FleetLogins, type FleetLoginsDeps } from './fleet-logins.ts';

/** A store of logins, and the function that must be called before its manager closes. */
export interface SharedLogins {
  readonly logins: LoginStore;
  readonly close: () => void;
}

/** Returns the logins of a host: the logins of its own store or, with `fleet.logins: 'shared'`, of the whole fleet. */
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
