import type { FleetHost, FleetHostMap, FleetRole } from '../../shared/fleet/fleet-settings.ts';

/** A host as `status()` shows it. */
export interface FleetHostStatus extends FleetHost {
  /** Whether it is this host. */
  readonly isThis: boolean;
}

/** A fleet as `status()` shows it, as plain data. */
export interface FleetStatus {
  readonly id: string;
  readonly hostId: string;
  readonly role: FleetRole;
  /** Where other replicas reach this one; null without a gateway. */
  readonly address: string | null;
  readonly isConnected: boolean;
  /** Why the server is away; null while it is not. */
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly quotas: 'own' | 'share' | 'refuse';
  readonly sharesLogins: boolean;
  /** How many hosts there are, this one included. */
  readonly hostCount: number;
  /** This host first, then the others in the order in which they started; of a large fleet not all. */
  readonly hosts: readonly FleetHostStatus[];
  /** How much older a map in force here is than the newest one of the fleet, by their `generatedAt`. */
  readonly lagMs: number;
  /** Records that failed their checks, and commands that the server refused, since the start. */
  readonly refusedCount: number;
}

/** By how much the maps of one host are behind the newest ones of all; of several maps the largest difference. */
export function lagOf(maps: readonly FleetHostMap[], hosts: readonly FleetHost[]): number {
  const lags = maps.map(({ name, generatedAtMs }) => {
    if (generatedAtMs === null) return 0;
    const all = hosts.flatMap((host) => host.maps).filter((map) => map.name === name);
    return Math.max(0, ...all.map((map) => (map.generatedAtMs ?? 0) - generatedAtMs));
  });
  return Math.max(0, ...lags);
}
