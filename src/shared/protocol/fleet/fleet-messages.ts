/**
 * Every message between the main thread and the fleet thread. The main thread calls {@link FleetApi} over Comlink; the
 * messages of each part are in separate files of this folder. The fleet thread sends {@link FleetEvent}s without a
 * request, in a {@link FleetEventMessage}.
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
 * The fleet thread's API for the main thread. Each call is answered within one second, with FLEET_UNAVAILABLE if
 * necessary.
 */
export interface FleetApi extends FleetMapApi, FleetSessionApi, FleetPermitApi, FleetToolApi, FleetLoginApi {
  /**
   * Starts to connect, without waiting for the connection. Fails with FLEET_CLIENT_MISSING if `ioredis` is not
   * installed.
   */
  open(protocol: number, settings: FleetSettings): Promise<WriterReply<null>>;
  /** Sets this host's facts in the roster. */
  announce(facts: Omit<FleetHost, 'hostId' | 'role' | 'version'>): Promise<WriterReply<null>>;
  /** Checks whether the server provides what a fleet needs, for `fleet check` and `doctor`. */
  probe(): Promise<WriterReply<FleetProbe>>;
  /** Steps down, leaves the roster and disconnects. */
  close(): Promise<WriterReply<null>>;
}

/** Result of `probe`. */
export interface FleetProbe {
  /** Round-trip time of a small command, in milliseconds. */
  readonly pingMs: number;
  /** `redis_version` or `valkey_version` of INFO; null if INFO is not allowed. */
  readonly server: string | null;
  readonly usedMemoryBytes: number | null;
  readonly maxMemoryPolicy: string | null;
  readonly isAppendOnly: boolean | null;
  /** Permissions that the role needs and this user lacks, such as `SET`, `PUBLISH`, …. */
  readonly missingPermissions: readonly string[];
}

export type FleetEvent =
  /** The connection to the server was established or lost. Also sent for the result of the first attempt. */
  | { readonly kind: 'connection'; readonly isConnected: boolean; readonly why: string | null }
  /**
   * The roster, without this host, was read for the first time or has changed. It is kept while the server is
   * unreachable. In a large fleet, `hosts` contains all replicas and only some of the other hosts. `count` is the
   * number of all hosts except this one.
   */
  | { readonly kind: 'roster'; readonly hosts: readonly FleetHost[]; readonly count: number }
  /** A record or message of the fleet was refused. `what` is a key without its prefix. */
  | { readonly kind: 'refused'; readonly what: string; readonly why: string }
  | FleetMapEvent
  | FleetSessionEvent
  | FleetToolEvent
  | FleetLoginEvent;

export interface FleetEventMessage {
  readonly kind: 'fleet-event';
  readonly event: FleetEvent;
}

/** Registers a manager with the thread. `port` is the manager's port, and is transferred. */
export interface FleetJoinMessage {
  readonly kind: 'fleet-join';
  readonly port: MessagePort;
}

/** Whether a message to the thread registers a manager. */
export function isFleetJoinMessage(message: unknown): message is FleetJoinMessage {
  return typeof message === 'object' && message !== null && Reflect.get(message, 'kind') === 'fleet-join';
}

/** Whether a message of the thread is an event, and not a response of Comlink. */
export function isFleetEventMessage(message: unknown): message is FleetEventMessage {
  return typeof message === 'object' && message !== null && Reflect.get(message, 'kind') === 'fleet-event';
}
