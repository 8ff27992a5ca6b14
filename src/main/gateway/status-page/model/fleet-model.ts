import type { FleetRole } from '../../../../shared/fleet/fleet-settings.ts';
import type { FleetHostStatus, FleetStatus } from '../../../fleet/fleet-status.ts';
import { type ShownFailure, shownFailure } from './shown-failure.ts';
import { shownAddress, shownName } from './shown-text.ts';

/** Maximum number of hosts that the page shows. Further hosts are only counted. */
const MAX_HOSTS = 20;

/** Number of characters of a digest that are shown, to distinguish maps. */
const SHORT_DIGEST = 8;

/** A service map on one host. */
export interface FleetMapModel {
  readonly sourceId: string;
  /** Prefix of the SHA-256 of the map's body; null without a map. */
  readonly version: string | null;
  /** Whether this host fetches the map from its source on behalf of all hosts. */
  readonly isLeading: boolean;
  /** Whether another host has a newer map. */
  readonly isBehind: boolean;
}

/** A host of the fleet. */
export interface FleetHostModel {
  readonly hostId: string;
  readonly isThis: boolean;
  readonly role: FleetRole;
  readonly address: string | null;
  readonly version: string;
  readonly maps: readonly FleetMapModel[];
}

/** A fleet as the page shows it. */
export interface FleetModel {
  readonly id: string;
  readonly isConnected: boolean;
  readonly failure: ShownFailure | null;
  readonly quotas: FleetStatus['quotas'];
  readonly sharesLogins: boolean;
  /** Milliseconds by which the map in use on this host is older than the newest version in the fleet. */
  readonly lagMs: number;
  readonly refusedCount: number;
  readonly hostCount: number;
  /** Hosts, this host first. */
  readonly hosts: readonly FleetHostModel[];
}

/** Returns the page's model of a fleet; null without a fleet. */
export function fleetModel(status: FleetStatus | null): FleetModel | null {
  if (status === null) return null;
  const { id, isConnected, failure, quotas, sharesLogins, lagMs, refusedCount, hosts, hostCount } = status;
  const newest = newestByMap(hosts);
  return {
    ...{ id: shownName(id), isConnected, quotas, sharesLogins, lagMs, refusedCount, hostCount },
    failure: failure === null ? null : shownFailure(failure),
    hosts: hosts.slice(0, MAX_HOSTS).map((host) => hostModel(host, newest)),
  };
}

function hostModel(host: FleetHostStatus, newest: ReadonlyMap<string, number>): FleetHostModel {
  const { hostId, isThis, role, address, version, maps } = host;
  return {
    ...{ hostId: shownName(hostId), isThis, role, version: shownName(version) },
    address: address === null ? null : shownAddress(address),
    maps: maps.map(({ name, sourceId, sha256, generatedAtMs, isLeading }) => ({
      sourceId: shownName(sourceId),
      version: sha256 === null ? null : shownName(sha256.slice(0, SHORT_DIGEST)),
      isLeading,
      isBehind: (generatedAtMs ?? 0) < (newest.get(name) ?? 0),
    })),
  };
}

function newestByMap(hosts: readonly FleetHostStatus[]): ReadonlyMap<string, number> {
  const newest = new Map<string, number>();
  for (const { name, generatedAtMs } of hosts.flatMap(({ maps }) => maps))
    newest.set(name, Math.max(newest.get(name) ?? 0, generatedAtMs ?? 0));
  return newest;
}
