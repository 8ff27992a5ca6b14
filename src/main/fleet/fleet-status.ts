import type { FleetHost, FleetHostMap, FleetRole } from '../../shared/fleet/fleet-settings.ts';

/** A host of the fleet, as `status()` shows it. */
export interface FleetHostStatus extends FleetHost {
  /** Whether it is this host. */
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
  /** Reason why the server is unreachable; null while it is reachable. */
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly quotas: 'own' | 'share' | 'refuse';
  readonly sharesLogins: boolean;
  /** Number of hosts, including this one. */
  readonly hostCount: number;
  /** This host first, then the other hosts in the order in which they started. Incomplete for a large fleet. */
  readonly hosts: readonly FleetHostStatus[];
  /**
   * Milliseconds by which the map in force on this host is older than the newest map of the fleet, by `generatedAt`.
   */
  readonly lagMs: number;
  /** Number of records that failed their checks, plus the commands that the server refused, since the start. */
  readonly refusedCount: number;
}

/**
 * Returns how far the maps of one host are behind the newest maps of all hosts. With several maps, the largest
 * difference counts.
 */
export function lagOf(maps: readonly FleetHostMap[], hosts: readonly FleetHost[]): number {
  const lags = maps.map(({ name, generatedAtMs }) => {
    if (generatedAtMs === null) return 0;
    const all = hosts.flatMap((host) => host.maps).filter((map) => map.name === name);
    return Math.max(0, ...all.map((map) => (map.generatedAtMs ?? 0) - generatedAtMs));
  });
  return Math.max(0, ...lags);
}
