import { randomBytes } from 'node:crypto';
import type { Fleet } from '../../../src/main/fleet/fleet.ts';
import type { FleetStatus } from '../../../src/main/fleet/fleet-status.ts';
import { FleetSealer } from '../../../src/shared/fleet/fleet-sealer.ts';
import type { FleetHost } from '../../../src/shared/fleet/fleet-settings.ts';

export const SECRET = 'a secret of a fleet that is long enough';

export interface ScriptedFleetOptions {
  readonly hostId?: string;
  readonly secrets?: readonly string[];
}

/** A list of hosts (roster) that several gateways in one process share, without Redis. */
export class ScriptedRoster {
  readonly #hosts = new Map<string, FleetHost>();

  /** Returns the fleet as an additional host sees it. The host is added to the roster once its gateway listens. */
  join({ hostId = randomBytes(9).toString('base64url'), secrets = [SECRET] }: ScriptedFleetOptions = {}): Fleet {
    const hosts = this.#hosts;
    const others = () => [...hosts.values()].filter((host) => host.hostId !== hostId);
    const announce = (address: string) => this.place(hostId, address);
    return {
      ...{ id: 'test', hostId, role: 'any', quotas: 'own', sharesLogins: false, tls: null },
      sealer: new FleetSealer('test', secrets),
      get address() {
        return hosts.get(hostId)?.address ?? null;
      },
      get hosts() {
        return others();
      },
      get hostCount() {
        return others().length + 1;
      },
      announceAddress: announce,
      isConnected: false,
      announceMap: () => {},
      ask: () => Promise.reject(new Error('There is no server')),
      keep: () => {},
      on: () => () => {},
      onRestart: () => () => {},
      // The status of a fleet whose thread cannot start, because there is no Redis server.
      status: () =>
        ({ isConnected: false, failure: { code: 'FLEET_CLIENT_MISSING', message: 'scripted' } }) as FleetStatus,
      close: async () => {},
    };
  }

  /** Adds a host with this address to the roster, or changes the address of a host. The host need not exist. */
  place(hostId: string, address: string): void {
    const host = { hostId, address, role: 'any', version: '0', startedAt: 0, maps: [] } as const;
    this.#hosts.set(hostId, host);
  }

  remove(hostId: string): void {
    this.#hosts.delete(hostId);
  }
}
