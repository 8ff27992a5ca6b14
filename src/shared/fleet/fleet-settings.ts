import type { TlsSettings } from '../net/network.ts';

/** Settings that the fleet thread receives at its start. They are plain data, because they are sent to a thread. */
export interface FleetSettings {
  /** URL with `redis:` or `rediss:`, without credentials. */
  readonly url: string;
  /** Name of the ACL user; null for the default user of the server. */
  readonly username: string | null;
  readonly password: string | null;
  readonly id: string;
  /** Secrets of the fleet, the current one first. */
  readonly secrets: readonly string[];
  readonly role: FleetRole;
  /** Random id of this process. It is unique among hosts and changes with each restart. */
  readonly hostId: string;
  /** Version of this package, for the fleet's list of hosts. */
  readonly version: string;
  /** TLS settings; null for `redis:`. */
  readonly tls: TlsSettings | null;
}

/**
 * Whether a host may lead. A host with `any` polls the source for the whole fleet while it is the leader. A host with
 * `reader` never leads, and polls the source only while there is no leader.
 */
export type FleetRole = 'any' | 'reader';

/**
 * One host in the roster, the fleet's list of hosts. The record of a host is authenticated, so that only members of the
 * fleet can add an address to which traffic is forwarded.
 */
export interface FleetHost {
  readonly hostId: string;
  readonly role: FleetRole;
  /** Address of the host's gateway for other replicas, as `http://HOST:PORT`; null if the host has no gateway. */
  readonly address: string | null;
  readonly version: string;
  /** Start time by the host's own clock, in epoch milliseconds. */
  readonly startedAt: number;
  readonly maps: readonly FleetHostMap[];
}

/** The service map that one host currently serves. */
export interface FleetHostMap {
  /** Name of the map, from `fleetMapName`. */
  readonly name: string;
  readonly sourceId: string;
  /** SHA-256 of the map's body in hex; null if the host serves no map. */
  readonly sha256: string | null;
  readonly generatedAtMs: number | null;
  readonly isLeading: boolean;
}
