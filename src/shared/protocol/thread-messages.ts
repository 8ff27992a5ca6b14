/**
 * Every message between threads. Plain data alone: structured clone turns a class into an empty object without a
 * word, so tasks are built field by field and no field is optional.
 *
 *     load    = main → worker  LoadTask        (through the pool; `port` is transferred)
 *               worker → main  chunk*          (each costs one credit)
 *                              ( commit | unchanged | failed )      (costs none, ends the load)
 *     control = main → worker  ( credit | cancel )*                 (any time until the end)
 *
 * `commit` comes last and alone makes the chunks before it count: whatever ends early changed nothing.
 */

import type { MessagePort } from 'node:worker_threads';
import type { WireError } from '../errors.ts';
import type { Delta, DigestTable } from '../map/delta.ts';
import type { ServiceMapHeader } from '../map/service-map.ts';
import type { NetworkSettings } from '../net/network.ts';
import type { ServerInfo } from '../servers/server-info.ts';
import type {
  KnownServers,
  MergeMode,
  ServerChange,
  ServerNews,
  ServerOutcome,
  SyncMode,
} from '../servers/server-records.ts';
import type { MapSigners, SignatureTrust } from '../signatures/trust.ts';
import type {
  ConnectorPage,
  InStore,
  PinChoice,
  ToolPinChange,
  ToolPinDetail,
  ToolsToSave,
  TouchedTools,
} from '../tools/tool-records.ts';

/** Raised whenever a message changes its shape; a worker refuses a task of another version (PROTOCOL_MISMATCH). */
export const PROTOCOL_VERSION = 8;

/** Entries in one chunk. */
export const CHUNK_ENTRIES = 64;

/** Chunks that may be under way before main has taken one: two keep both threads busy, more only pile up on main. */
export const INITIAL_CREDITS = 2;

/** What to ask the network for. */
export interface MapRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as `If-None-Match`. Null asks for the whole map. */
  readonly etag: string | null;
  /** For one whole exchange, last byte included. */
  readonly timeoutMs: number;
  /** Cap on the body after decompression. */
  readonly maxBytes: number;
}

/** The body of a map, wherever it came from, not yet proven. */
export interface AcquiredBody {
  readonly kind: 'body';
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly etag: string | null;
  readonly fetchMs: number;
}

/** What acquiring a map gives: its bytes, or the server's word that nothing changed. */
export type Acquired = AcquiredBody | { readonly kind: 'not-modified'; readonly fetchMs: number };

/** The map that main holds, proven: what a new one is compared with. */
export interface KnownMap {
  /** SHA-256 of the body, hex. */
  readonly bodySha256: string;
  readonly digests: DigestTable;
  readonly expiresAtMs: number;
}

/** What a map must satisfy to be believed. */
export interface ProofPolicy {
  readonly trust: SignatureTrust;
  /** The wall clock, read once on main for the whole load. */
  readonly nowMs: number;
  /** The highest `generatedAt` accepted before; anything older is refused. */
  readonly floorMs: number | null;
  /** How far `generatedAt` may lie ahead of `nowMs`. */
  readonly maxSkewMs: number;
  readonly maxConnectors: number;
  /** For a map that was accepted in an earlier life and is to be served as stale. */
  readonly allowExpired: boolean;
  /** How long after its expiry an `allowExpired` map is still served, in milliseconds; null for ever. */
  readonly maxStaleMs: number | null;
}

/** One load of one map. */
export interface LoadTask {
  readonly version: number;
  /** The trace that this load belongs to (W3C Trace Context), for the request that leaves the thread. */
  readonly traceparent: string;
  readonly request: MapRequest;
  readonly network: NetworkSettings;
  /** Bytes that were acquired on another thread; null lets the worker ask. */
  readonly given: AcquiredBody | null;
  readonly known: KnownMap | null;
  readonly policy: ProofPolicy;
  /** Whether somebody keeps the body: 14 MB that nobody wants would still weigh on main's collector. */
  readonly wantsBody: boolean;
}

/** A {@link LoadTask} on its way to a worker, with the port that its events come back through. */
export interface WorkerLoadTask extends LoadTask {
  readonly port: MessagePort;
}

/** Milliseconds that each step of a load took; 0 for a step that was not needed. */
export interface LoadPhases {
  readonly fetch: number;
  readonly parse: number;
  readonly verify: number;
  readonly validate: number;
  readonly diff: number;
}

/** What a load did, for people and metrics. */
export interface LoadReport {
  /** `main`, or `worker-` and the thread's id. */
  readonly thread: string;
  /** Size of the body; 0 where none was sent. */
  readonly bytes: number;
  readonly phases: LoadPhases;
}

/** Added or changed entries, at most {@link CHUNK_ENTRIES}. */
export interface ChunkEvent {
  readonly kind: 'chunk';
  readonly ids: readonly string[];
  readonly enabled: readonly boolean[];
  /** msgpackr bytes of the entries as they were sent, in the order of `ids`. */
  readonly packed: Uint8Array<ArrayBuffer>;
}

/** The map is proven and wholly sent. */
export interface CommitEvent {
  readonly kind: 'commit';
  readonly header: ServiceMapHeader;
  readonly digests: DigestTable;
  readonly delta: Delta;
  readonly generatedAtMs: number;
  /** When the map stops being current: the earliest of its `ttlSeconds`, its signatures and their keys. */
  readonly expiresAtMs: number;
  readonly signers: MapSigners;
  readonly etag: string | null;
  readonly bodySha256: string;
  /** The bytes that were proven, for the store; null where nobody wanted them. */
  readonly body: Uint8Array<ArrayBuffer> | null;
  readonly report: LoadReport;
}

/** The known map is still the current one. */
export interface UnchangedEvent {
  readonly kind: 'unchanged';
  readonly how: 'not-modified' | 'same-body';
  /** The tag to ask with next time: a server may tag the same bytes anew. */
  readonly etag: string | null;
  readonly report: LoadReport;
}

/** The load failed; nothing changed. */
export interface FailedEvent {
  readonly kind: 'failed';
  readonly error: WireError;
  readonly report: LoadReport;
}

export type LoadEvent = ChunkEvent | CommitEvent | UnchangedEvent | FailedEvent;

/** What main says to a worker during a load. */
export type LoadControl = { readonly kind: 'credit' } | { readonly kind: 'cancel' };

/** A verified map as the store keeps it. */
export interface StoredMap {
  /** A hash of its URL and signature key, under which it is kept: load-task.ts of the main thread. */
  readonly storeKey: string;
  readonly etag: string | null;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly generatedAtMs: number;
  readonly savedAtMs: number;
}

/** What the store knows of one source. */
export interface StoredSource {
  /** The highest `generatedAt` ever accepted; null if none was. */
  readonly floorMs: number | null;
  readonly map: StoredMap | null;
  /** Whether there is a map whose checksum does not match, which is why `map` is null. */
  readonly isDamaged: boolean;
}

/** A writer's answer: failures are data, since Comlink drops class and code. */
export type WriterReply<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: WireError };

/** The writer worker's interface, over Comlink. It is the only owner of the store. */
export interface WriterApi {
  /** Opens or creates the store. `value` is the path of its file. */
  open(version: number, stateDir: string): WriterReply<string>;
  readSource(storeKey: string): WriterReply<StoredSource>;
  /** Whether it has a map of this source from `generatedAtMs` or later. */
  hasMap(storeKey: string, generatedAtMs: number): WriterReply<boolean>;
  /** Notes which process groups of this host run. The next host ends them if this one is killed outright. */
  notePrograms(pids: readonly number[]): WriterReply<null>;
  /** Durable when answered. Never replaces a newer map, never lowers the floor. */
  saveMap(map: StoredMap): WriterReply<null>;
  /** Durable when answered. */
  applyServers(changes: readonly ServerChange[]): WriterReply<null>;
  /** Durable when answered; what became of each. */
  mergeServers(servers: readonly ServerInfo[], mode: MergeMode): WriterReply<ServerOutcome[]>;
  /** What is new in the registry since `known`; `path` is its `servers.json`. */
  syncServers(path: string, known: KnownServers, mode: SyncMode): WriterReply<ServerNews>;
  /**
   * The last of a process that ends: applies, then writes the file. Sets `done[0]` to 1 in any case, for somebody
   * who blocks on it.
   */
  finish(changes: readonly ServerChange[], path: string, known: KnownServers, done: Int32Array): WriterReply<null>;
  /**
   * What is said of tools is meant for the store `storeId`, or for any (null). This first puts in the pins that it
   * lacks. Durable when answered; what differs from its pin.
   */
  saveTools(storeId: string | null, scope: string, tools: ToolsToSave): WriterReply<InStore<ToolPinDetail[]>>;
  /** Notes that connectors listed the same tools again. */
  touchTools(
    storeId: string | null,
    scope: string,
    connectorIds: readonly string[],
    listedAtMs: number,
  ): WriterReply<InStore<TouchedTools>>;
  forgetTools(storeId: string | null, scope: string, connectorIds: readonly string[]): WriterReply<InStore<void>>;
  /** Remembered connectors, from the one after `afterId` on. */
  readTools(storeId: string | null, scope: string, afterId: string): WriterReply<InStore<ConnectorPage>>;
  /** Everything that differs from its pin, of one scope or of all (null). */
  changedTools(storeId: string | null, scope: string | null): WriterReply<InStore<ToolPinDetail[]>>;
  /**
   * Takes the present definitions of these tools, or of all (null), for the right ones; those that it did. Durable
   * when answered.
   */
  approveTools(
    storeId: string | null,
    scope: string | null,
    tools: readonly PinChoice[] | null,
    nowMs: number,
  ): WriterReply<InStore<ToolPinChange[]>>;
  /** Writes what the next start of a scope needs first; see start-image.ts. */
  writeStartImage(scope: string, storeKeys: readonly string[]): WriterReply<null>;
  close(): WriterReply<null>;
}
