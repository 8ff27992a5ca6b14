/**
 * Every message of a load; writer-messages.ts has those of the writer. Plain data alone: structured clone turns a
 * class into an empty object without a word, so tasks are built field by field and no field is optional.
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
import type { UnusableEntry } from '../map/entry-fault.ts';
import type { ServiceMapHeader } from '../map/service-map.ts';
import type { NetworkSettings } from '../net/network.ts';
import type { MapSigners, SignatureTrust } from '../signatures/trust.ts';

/** Raised whenever a message changes its shape; a worker refuses a task of another version (PROTOCOL_MISMATCH). */
export const PROTOCOL_VERSION = 11;

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
  /** Entries of these that the host must leave out, and why; mostly none. */
  readonly unusable: readonly UnusableEntry[];
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
