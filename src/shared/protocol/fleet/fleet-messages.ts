/**
 * All messages between the main thread and the fleet thread. The main thread calls {@link FleetApi} over Comlink. Each
 * part of that interface has its own file in this folder. The fleet thread also sends {@link FleetEvent}s without being
 * asked, each in a {@link FleetEventMessage}.
 */
import type { MessagePort } from 'node:worker_threads';
import type { FleetHost, FleetSettings } from '../../fleet/fleet-settings.ts';
import type { WriterReply } from '../writer-reply.ts';
import type { FleetLoginApi, FleetLoginEvent } from './login-messages.ts';
import type { FleetMapApi, FleetMapEvent } from './map-messages.ts';
import type { FleetPermitApi } from './permit-messages.ts';
import type { FleetSessionApi, FleetSessionEvent } from './session-messages.ts';
import type { FleetToolApi, FleetToolEvent } from './tool-messages.ts';

/**
 * The interface of the fleet thread for the main thread. The fleet thread answers each call within one second. If the
 * Redis server does not answer in time, the call fails with FLEET_UNAVAILABLE.
 */
export interface FleetApi extends FleetMapApi, FleetSessionApi, FleetPermitApi, FleetToolApi, FleetLoginApi {
  /**
   * Starts to connect to the server, and resolves before the connection exists. Fails with FLEET_CLIENT_MISSING if
   * `ioredis` is not installed.
   */
  open(protocol: number, settings: FleetSettings): Promise<WriterReply<null>>;
  /** Sets the facts about this host in the roster, the fleet's list of hosts. */
  announce(facts: Omit<FleetHost, 'hostId' | 'role' | 'version'>): Promise<WriterReply<null>>;
  /** Checks whether the server supports everything that a fleet needs, for `fleet check` and `doctor`. */
  probe(): Promise<WriterReply<FleetProbe>>;
  /** Gives up the leadership of all maps, leaves the roster and disconnects. */
  close(): Promise<WriterReply<null>>;
}

/** Result of {@link FleetApi.probe}. */
export interface FleetProbe {
  /** Round-trip time of a small command, in milliseconds. */
  readonly pingMs: number;
  /** `redis_version` or `valkey_version` in the reply to INFO; null if the user may not call INFO. */
  readonly server: string | null;
  readonly usedMemoryBytes: number | null;
  readonly maxMemoryPolicy: string | null;
  readonly isAppendOnly: boolean | null;
  /** Permissions that a host with this role needs and the ACL user lacks, such as `SET` and `PUBLISH`. */
  readonly missingPermissions: readonly string[];
}

export type FleetEvent =
  /**
   * The connection to the server was established or lost. The event is also sent after the first attempt to connect.
   */
  | { readonly kind: 'connection'; readonly isConnected: boolean; readonly why: string | null }
  /**
   * The roster was read for the first time, or has changed. `hosts` never contains this host. In a large fleet, it
   * contains all replicas but only some of the other hosts. `count` is the number of all hosts except this one. While
   * the server is unreachable, the last roster stays valid.
   */
  | { readonly kind: 'roster'; readonly hosts: readonly FleetHost[]; readonly count: number }
  /** A record or message from the fleet was refused. `what` is the name of its key or channel without the prefix. */
  | { readonly kind: 'refused'; readonly what: string; readonly why: string }
  | FleetMapEvent
  | FleetSessionEvent
  | FleetToolEvent
  | FleetLoginEvent;

export interface FleetEventMessage {
  readonly kind: 'fleet-event';
  readonly event: FleetEvent;
}

/**
 * Message that registers a manager with the fleet thread. `port` is transferred, and the manager listens at its other
 * end.
 */
export interface FleetJoinMessage {
  readonly kind: 'fleet-join';
  readonly port: MessagePort;
}

/** Whether a message to the fleet thread registers a manager. */
export function isFleetJoinMessage(message: unknown): message is FleetJoinMessage {
  return typeof message === 'object' && message !== null && Reflect.get(message, 'kind') === 'fleet-join';
}

/** Whether a message from the fleet thread is an event. All other messages are responses of Comlink. */
export function isFleetEventMessage(message: unknown): message is FleetEventMessage {
  return typeof message === 'object' && message !== null && Reflect.get(message, 'kind') === 'fleet-event';
}
