import type { FleetSealer } from '../../shared/fleet/fleet-sealer.ts';
import type { FleetHost, FleetHostMap, FleetRole } from '../../shared/fleet/fleet-settings.ts';
import type { TlsSettings } from '../../shared/net/network.ts';
import type { FleetApi, FleetEvent } from '../../shared/protocol/fleet/fleet-messages.ts';
import type { RemoteApi } from '../../shared/protocol/remote-api.ts';
import type { WriterReply } from '../../shared/protocol/writer-reply.ts';
import type { FleetStatus } from './fleet-status.ts';

/** A fleet's part that one process has, seen from main. Nothing of it waits for Redis but {@link FleetLink.ask}. */
export interface Fleet extends FleetLink {
  readonly id: string;
  readonly hostId: string;
  readonly role: FleetRole;
  /** Whether connectors' quotas are those of the whole fleet, and what holds while the server is away. */
  readonly quotas: 'own' | 'share' | 'refuse';
  readonly sharesLogins: boolean;
  /** Seals what goes to other replicas without Redis: session ids, states, hops. */
  readonly sealer: FleetSealer;
  /** Whom to trust at https addresses of other replicas: the option `fleet.tls`; null without it. */
  readonly tls: TlsSettings | null;
  /** Where other replicas reach this one; null until a gateway listens. */
  readonly address: string | null;
  /** Says where other replicas reach this one. An `address` of the options comes first. */
  announceAddress(address: string): void;
  /** Says which service map this host has in force, for the roster. One of each name is kept, the last one said. */
  announceMap(map: FleetHostMap): void;
  /**
   * The other hosts, as last heard. They stay known while the server is away. Of a large fleet these are all replicas,
   * and some of the others.
   */
  readonly hosts: readonly FleetHost[];
  /** How many hosts there are, this one included. */
  readonly hostCount: number;
  readonly isConnected: boolean;
  status(): FleetStatus;
  close(): Promise<void>;
}

export type FleetEventKind = FleetEvent['kind'];
export type FleetListener<K extends FleetEventKind> = (event: Extract<FleetEvent, { kind: K }>) => void;
export type FleetQuestion<T> = (api: RemoteApi<FleetApi>) => Promise<WriterReply<T>>;

/** Main's end of the fleet thread. */
export interface FleetLink {
  /**
   * Puts one question to the thread. Rejects with FLEET_UNAVAILABLE at once while the server is away, and after
   * `timeoutMs` (1 000 by default); with the thread's own error otherwise.
   */
  ask<T>(question: FleetQuestion<T>, timeoutMs?: number): Promise<T>;
  /**
   * Tells the thread something that it has to remember, such as that it is to follow a map: now, and again after each
   * start of a thread, in the order in which the names came up. Of one name the last question counts; null forgets it.
   * It does not wait for Redis, and never rejects.
   */
  keep(name: string, question: FleetQuestion<null> | null): void;
  /** Hears of events until the returned function is called. */
  on<K extends FleetEventKind>(kind: K, listener: FleetListener<K>): () => void;
  /** Calls back once the thread runs again after it was lost, and was told what is kept. */
  onRestart(listener: () => void): () => void;
}
