import type { FleetHost, FleetHostMap, FleetRole } from '../../shared/fleet/fleet-settings.ts';

/** A host of the fleet, as `status()` shows it. */
export interface FleetHostStatus extends FleetHost {
  /** Whether this is the host whose `status()` was called. */
  readonly isThis: boolean;
}

/** The fleet as plain data, as `status()` shows it. */
export interface FleetStatus {
  readonly id: string;
  readonly hostId: string;
  readonly role: FleetRole;
  /** Address at which other replicas reach this replica; null without a gateway. */
  readonly address: string | null;
  readonly isConnected: boolean;
  /**
   * Reason why the fleet server is unreachable. Null while it is reachable, and before the first attempt to connect.
   */
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly quotas: 'own' | 'share' | 'refuse';
  readonly sharesLogins: boolean;
  /** Number of hosts, including this one. */
  readonly hostCount: number;
  /**
   * The hosts of the fleet: first this host, then the others in the order in which they started. Incomplete for a large
   * fleet.
   */
  readonly hosts: readonly FleetHostStatus[];
  /**
   * How many milliseconds the service map of this host is behind the newest version that any host of the fleet has, by
   * `generatedAt`. With several maps, the largest such difference.
   */
  readonly lagMs: number;
  /**
   * Number of records from the fleet server that failed their checks, plus the commands that the server refused, since
   * the start of this manager.
   */
  readonly refusedCount: number;
}

/**
 * Returns how many milliseconds the maps of one host are behind the newest versions of these maps on all hosts, by
 * `generatedAt`. With several maps, returns the largest difference.
 */
export function lagOf(maps: readonly FleetHostMap[], hosts: readonly FleetHost[]): number {
  const lags = maps.map(({ name, generatedAtMs }) => {
    if (generatedAtMs === null) return 0;
    const all = hosts.flatMap((host) => host.maps).filter((map) => map.name === name);
    return Math.max(0, ...all.map((map) => (map.generatedAtMs ?? 0) - generatedAtMs));
  });
  return Math.max(0, ...lags);
}
