import type { FleetSealer } from '../../shared/fleet/fleet-sealer.ts';
import type { FleetHost, FleetHostMap, FleetRole } from '../../shared/fleet/fleet-settings.ts';
import type { TlsSettings } from '../../shared/net/network.ts';
import type { FleetApi, FleetEvent } from '../../shared/protocol/fleet/fleet-messages.ts';
import type { RemoteApi } from '../../shared/protocol/remote-api.ts';
import type { WriterReply } from '../../shared/protocol/writer-reply.ts';
import type { FleetStatus } from './fleet-status.ts';

/**
 * A manager's membership in a fleet, for use on the main thread. Only {@link FleetLink.ask} and `close` wait for Redis.
 */
export interface Fleet extends FleetLink {
  readonly id: string;
  readonly hostId: string;
  readonly role: FleetRole;
  /**
   * How connector quotas are counted. With `own`, each host counts its own calls. Otherwise, the calls of all hosts are
   * counted together. While the fleet server is unreachable, `share` then allows each host its share of every quota,
   * and `refuse` refuses calls that have a quota.
   */
  readonly quotas: 'own' | 'share' | 'refuse';
  readonly sharesLogins: boolean;
  /**
   * Encrypts data that reaches other replicas without passing through Redis: session ids, the states of held calls, and
   * forwarded requests.
   */
  readonly sealer: FleetSealer;
  /** Trusted certificates for https addresses of other replicas (option `fleet.tls`); null without that option. */
  readonly tls: TlsSettings | null;
  /** Address at which other replicas reach this replica. Null until a gateway listens, unless the options set it. */
  readonly address: string | null;
  /** Sets the address at which other replicas reach this replica. Has no effect if the options set an `address`. */
  announceAddress(address: string): void;
  /**
   * Publishes in the roster (the list of hosts) which version of a service map this host uses. A later call for a map
   * of the same name replaces the earlier one.
   */
  announceMap(map: FleetHostMap): void;
  /**
   * The other hosts, as last reported by the fleet server. The list does not change while the server is unreachable. In
   * a large fleet, the list has all replicas but only some of the other hosts.
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
   * Sends one request to the fleet thread. Rejects with FLEET_UNAVAILABLE immediately while the fleet server is
   * unreachable, and also if the response takes longer than `timeoutMs` (defaults to 1 000). If the thread answers with
   * an error, rejects with that error.
   */
  ask<T>(question: FleetQuestion<T>, timeoutMs?: number): Promise<T>;
  /**
   * Sends a request that the fleet thread has to remember, such as following a map. The request is sent now, and again
   * after each restart of the thread. Remembered requests are resent in the order in which their names were first used.
   * A new request replaces the earlier request of the same name, and null removes it. Does not wait for the thread, and
   * never throws.
   */
  keep(name: string, question: FleetQuestion<null> | null): void;
  /** Calls `listener` for each event of this kind, until the returned function is called. */
  on<K extends FleetEventKind>(kind: K, listener: FleetListener<K>): () => void;
  /**
   * Calls `listener` each time the fleet thread has been restarted and the remembered requests have been sent to it.
   * The returned function removes the listener.
   */
  onRestart(listener: () => void): () => void;
}
