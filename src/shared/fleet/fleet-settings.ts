import type { TlsSettings } from '../net/network.ts';

/** What the fleet thread is told at its start. Plain data: it crosses threads. */
export interface FleetSettings {
  /** `redis:` or `rediss:`, without credentials. */
  readonly url: string;
  /** Of the ACL user; null for the server's default user. */
  readonly username: string | null;
  readonly password: string | null;
  readonly id: string;
  /** The current one first. */
  readonly secrets: readonly string[];
  readonly role: FleetRole;
  /** Of this process, at random: no two hosts share one, and a restart makes another. */
  readonly hostId: string;
  /** Version of this package, for the roster. */
  readonly version: string;
  /** Null for `redis:`. */
  readonly tls: TlsSettings | null;
}

/** `any` asks the source for all where it leads; `reader` never does while a leader is heard. */
export type FleetRole = 'any' | 'reader';

/** One host as the roster has it; sealed there, so that nobody else can send traffic anywhere. */
export interface FleetHost {
  readonly hostId: string;
  readonly role: FleetRole;
  /** Where other replicas reach its gateway, `http://HOST:PORT`; null without a gateway. */
  readonly address: string | null;
  readonly version: string;
  /** Epoch ms on the host's own clock. */
  readonly startedAt: number;
  readonly maps: readonly FleetHostMap[];
}

/** A service map as one host has it. */
export interface FleetHostMap {
  /** As `fleetMapName` calls it. */
  readonly name: string;
  readonly sourceId: string;
  /** SHA-256 of the body, hex; null without a map. */
  readonly sha256: string | null;
  readonly generatedAtMs: number | null;
  readonly isLeading: boolean;
}
