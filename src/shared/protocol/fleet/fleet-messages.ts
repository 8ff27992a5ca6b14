/**
 * Every message between main and the fleet thread. Main asks over Comlink ({@link FleetApi}); each part has a file of
 * its own beside this one. The thread tells by itself what {@link FleetEvent} lists, in a {@link FleetEventMessage}.
 */
import type { MessagePort } from 'node:worker_threads';
import type { FleetHost, FleetSettings } from '../../fleet/fleet-settings.ts';
import type { WriterReply } from '../writer-reply.ts';
import type { FleetLoginApi, FleetLoginEvent } from './login-messages.ts';
import type { FleetMapApi, FleetMapEvent } from './map-messages.ts';
import type { FleetPermitApi } from './permit-messages.ts';
import type { FleetSessionApi, FleetSessionEvent } from './session-messages.ts';
import type { FleetToolApi, FleetToolEvent } from './tool-messages.ts';

/** What main asks of the thread. Each answer comes within a second or is FLEET_UNAVAILABLE. */
export interface FleetApi extends FleetMapApi, FleetSessionApi, FleetPermitApi, FleetToolApi, FleetLoginApi {
  /** Starts to connect; does not wait for it. FLEET_CLIENT_MISSING where `ioredis` is not installed. */
  open(protocol: number, settings: FleetSettings): Promise<WriterReply<null>>;
  /** What the roster says of this host from now on. */
  announce(facts: Omit<FleetHost, 'hostId' | 'role' | 'version'>): Promise<WriterReply<null>>;
  /** Whether the server does what a fleet needs, for `fleet check` and `doctor`. */
  probe(): Promise<WriterReply<FleetProbe>>;
  /** Steps down, leaves the roster and disconnects. */
  close(): Promise<WriterReply<null>>;
}

/** What `probe` found. */
export interface FleetProbe {
  /** Milliseconds of a PING. */
  readonly pingMs: number;
  /** `redis_version` or `valkey_version` of INFO; null where INFO is not allowed. */
  readonly server: string | null;
  readonly usedMemoryBytes: number | null;
  readonly maxMemoryPolicy: string | null;
  readonly isAppendOnly: boolean | null;
  /** What this user may not do though its role needs it, as `SET`, `PUBLISH`, …. */
  readonly missingPermissions: readonly string[];
}

export type FleetEvent =
  /** The connection to the server came up or was lost; also the first answer. */
  | { readonly kind: 'connection'; readonly isConnected: boolean; readonly why: string | null }
  /**
   * The roster was read for the first time, or has changed; without this host. Kept while the server is away. Of a
   * large fleet `hosts` are all replicas and some of the others; `count` is how many there are.
   */
  | { readonly kind: 'roster'; readonly hosts: readonly FleetHost[]; readonly count: number }
  /** Something that the fleet said was refused: `what` is a key without its prefix. */
  | { readonly kind: 'refused'; readonly what: string; readonly why: string }
  | FleetMapEvent
  | FleetSessionEvent
  | FleetToolEvent
  | FleetLoginEvent;

export interface FleetEventMessage {
  readonly kind: 'fleet-event';
  readonly event: FleetEvent;
}

/** A manager takes its place in the thread: `port` is what it talks over, and is transferred. */
export interface FleetJoinMessage {
  readonly kind: 'fleet-join';
  readonly port: MessagePort;
}

/** Whether a message to the thread is that of a manager that joins it. */
export function isFleetJoinMessage(message: unknown): message is FleetJoinMessage {
  return typeof message === 'object' && message !== null && Reflect.get(message, 'kind') === 'fleet-join';
}

/** Whether a message of the thread is an event, and not an answer of Comlink. */
export function isFleetEventMessage(message: unknown): message is FleetEventMessage {
  return typeof message === 'object' && message !== null && Reflect.get(message, 'kind') === 'fleet-event';
}
