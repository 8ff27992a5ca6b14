import type { Clock, Random } from '../../shared/clock.ts';
import { FleetSealer } from '../../shared/fleet/fleet-sealer.ts';
import type { FleetHost, FleetHostMap } from '../../shared/fleet/fleet-settings.ts';
import { observeFleet } from '../observability/fleet-gauges.ts';
import { recordFleetRefusal } from '../observability/instruments.ts';
import type { Logger } from '../observability/logger.ts';
import { RepeatedLines } from '../observability/repeated-lines.ts';
import type { ResolvedFleet } from '../options/fleet-options.ts';
import type { Fleet } from './fleet.ts';
import { FleetClient } from './fleet-client.ts';
import { lagOf } from './fleet-status.ts';

export interface FleetDeps {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
  /** URL of the fleet thread's script. Defaults to this package's own script; only tests set it. */
  readonly workerUrl?: URL;
  /** Whether to observe the fleet without appearing in its roster (list of hosts). Defaults to false. */
  readonly isOnlooker?: boolean;
}

/**
 * Joins the fleet that the options describe. Returns immediately and connects to the fleet server in the background.
 */
export function createFleet(options: ResolvedFleet, deps: FleetDeps): Fleet {
  const { settings, quotas, sharesLogins } = options;
  const startedAt = deps.clock.now();
  const client = new FleetClient({ settings, ...deps });
  const maps = new Map<string, FleetHostMap>();
  let { address } = options;
  let hosts: readonly FleetHost[] = [];
  let otherCount = 0;
  const lines = new RepeatedLines();
  let refusedCount = 0;

  const announce = (): void => {
    if (deps.isOnlooker === true) return;
    const facts = { address, startedAt, maps: [...maps.values()] };
    client.keep('announce', (api) => api.announce(facts));
  };

  client.on('roster', (event) => {
    hosts = event.hosts;
    otherCount = event.count;
  });
  client.on('refused', ({ what, why }) => {
    refusedCount += 1;
    const kind = kindOf(what);
    recordFleetRefusal(kind);
    // Replaces the numbers in the reason. Otherwise most rejected records would have different reasons, and each would
    // get its own log line.
    const more = lines.next(`${kind} ${why.replace(/\d+/g, '#')}`);
    if (more === null) return;
    deps.logger.warn(
      { event: 'fleet-refused', code: 'FLEET_REFUSED', what, why },
      `Rejected at the fleet server (${what}): ${why}${more}`,
    );
  });
  const unobserve = observeFleet(() => ({
    isConnected: client.isConnected,
    leading: [...maps.values()].filter(({ isLeading }) => isLeading).length,
    hosts: otherCount + 1,
    lagMs: lagOf([...maps.values()], hosts),
  }));
  announce();
  client.start();

  return {
    id: settings.id,
    hostId: settings.hostId,
    role: settings.role,
    quotas,
    sharesLogins,
    sealer: new FleetSealer(settings.id, settings.secrets),
    tls: settings.tls,
    get address() {
      return address;
    },
    get hosts() {
      return hosts;
    },
    get hostCount() {
      return otherCount + 1;
    },
    get isConnected() {
      return client.isConnected;
    },
    announceAddress(own) {
      if (options.address !== null || address === own) return;
      address = own;
      announce();
    },
    announceMap(map) {
      maps.set(map.name, map);
      announce();
    },
    ask: (question, timeoutMs) => client.ask(question, timeoutMs),
    keep: (name, question) => client.keep(name, question),
    on: (kind, listener) => client.on(kind, listener),
    onRestart: (listener) => client.onRestart(listener),
    status() {
      const { id, hostId, role, version } = settings;
      const own = { hostId, role, address, version, startedAt, maps: [...maps.values()], isThis: true };
      const { whyAway } = client;
      return {
        ...{ id, hostId, role, address, quotas, sharesLogins, refusedCount, hostCount: otherCount + 1 },
        isConnected: client.isConnected,
        failure: whyAway === null ? null : { code: whyAway.code, message: whyAway.message },
        hosts: [own, ...hosts.map((host) => ({ ...host, isThis: false }))],
        lagMs: lagOf(own.maps, hosts),
      };
    },
    close() {
      unobserve();
      return client.close();
    },
  };
}

/** Kinds of fleet records, by the first part of their key or channel name in Redis. */
const KINDS: Readonly<Record<string, string>> = {
  ...{ map: 'map', news: 'map', host: 'host', hosts: 'host', sess: 'session', q: 'quota' },
  ...{ login: 'login', logins: 'login', pins: 'pin', pinlog: 'pin', tools: 'tool' },
};

function kindOf(what: string): string {
  return KINDS[what.split(':', 1)[0] ?? ''] ?? 'other';
}
