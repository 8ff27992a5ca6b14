import type { FleetSealer } from '../../shared/fleet/fleet-sealer.ts';
import type { FleetHost, FleetHostMap, FleetRole } from '../../shared/fleet/fleet-settings.ts';
import type { TlsSettings } from '../../shared/net/network.ts';
import type { FleetApi, FleetEvent } from '../../shared/protocol/fleet/fleet-messages.ts';
import type { RemoteApi } from '../../shared/protocol/remote-api.ts';
import type { WriterReply } from '../../shared/protocol/writer-reply.ts';
import type { FleetStatus } from './fleet-status.ts';

/** The fleet membership of one process, seen from the main thread. Only {@link FleetLink.ask} waits for Redis. */
export interface Fleet extends FleetLink {
  readonly id: string;
  readonly hostId: string;
  readonly role: FleetRole;
  /**
   * How connector quotas are counted. With `own`, each host counts its own calls. Otherwise calls are counted for the
   * whole fleet, and `share` or `refuse` applies while the server is unreachable.
   */
  readonly quotas: 'own' | 'share' | 'refuse';
  readonly sharesLogins: boolean;
  /** Seals data that goes to other replicas without Redis: session ids, states, hops. */
  readonly sealer: FleetSealer;
  /** Trusted certificates for https addresses of other replicas (option `fleet.tls`); null without that option. */
  readonly tls: TlsSettings | null;
  /** Address at which other replicas reach this replica; null until a gateway listens. */
  readonly address: string | null;
  /** Sets the address at which other replicas reach this replica. An `address` in the options takes precedence. */
  announceAddress(address: string): void;
  /** Publishes which service map this host has in force, for the roster. The last map of each name is kept. */
  announceMap(map: FleetHostMap): void;
  /**
   * The other hosts, as last reported. They stay known while the server is unreachable. In a large fleet these are all
   * replicas and some of the other hosts.
   */
  readonly hosts: readonly FleetHost[];
  /** Number of hosts, including this one. */
  readonly hostCount: number;
  readonly isConnected: boolean;
  status(): FleetStatus;
  close(): Promise<void>;
}

export type FleetEventKind = FleetEvent['kind'];
export type FleetListener<K extends FleetEventKind> = (event: Extract<FleetEvent, { kind: K }>) => void;
export type FleetQuestion<T> = (api: RemoteApi<FleetApi>) => Promise<WriterReply<T>>;

/** The main thread's connection to the fleet thread. */
export interface FleetLink {
  /**
   * Sends one request to the thread. Rejects with FLEET_UNAVAILABLE at once while the server is unreachable, or if the
   * response takes longer than `timeoutMs` (defaults to 1 000). Otherwise rejects with the thread's own error.
   */
  ask<T>(question: FleetQuestion<T>, timeoutMs?: number): Promise<T>;
  /**
   * Sends a request that the thread has to remember, such as following a map. It is sent now, and again after each
   * start of the thread, in the order in which the names were first used. A new request replaces an earlier one of the
   * same name; null forgets it. Does not wait for Redis, and never rejects.
   */
  keep(name: string, question: FleetQuestion<null> | null): void;
  /** Calls `listener` for each event until the returned function is called. */
  on<K extends FleetEventKind>(kind: K, listener: FleetListener<K>): () => void;
  /** Calls `listener` whenever a lost thread runs again and has been sent the remembered requests. */
  onRestart(listener: () => void): () => void;
}
