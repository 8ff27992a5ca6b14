/**
 * Every message of a load; writer-messages.ts has those of the writer. They are plain data: structured clone silently
 * turns a class into an empty object, so tasks are built field by field and no field is optional.
 *
 *     load    = main → worker  LoadTask        (through the pool; `port` is transferred)
 *               worker → main  chunk*          (each costs one credit)
 *                              ( commit | unchanged | failed )      (costs none, ends the load)
 *     control = main → worker  ( credit | cancel )*                 (any time until the end)
 *
 * `commit` comes last, and only with it do the chunks before it count: a load that ends early changes nothing.
 */

import type { MessagePort } from 'node:worker_threads';
import type { WireError } from '../errors.ts';
import type { Delta, DigestTable } from '../map/delta.ts';
import type { UnusableEntry } from '../map/entry-fault.ts';
import type { ServiceMapHeader } from '../map/service-map.ts';
import type { NetworkSettings } from '../net/network.ts';
import type { MapSigners, SignatureTrust } from '../signatures/trust.ts';

/** Raised whenever a message changes its shape. A worker refuses a task of another version (PROTOCOL_MISMATCH). */
export const PROTOCOL_VERSION = 11;

/** Number of entries in one chunk. */
export const CHUNK_ENTRIES = 64;

/**
 * Maximum number of chunks in transit. Two keep both threads busy; further chunks would only queue up on the main
 * thread.
 */
export const INITIAL_CREDITS = 2;

/** The HTTP request for a map. */
export interface MapRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as `If-None-Match`. Null requests the whole map. */
  readonly etag: string | null;
  /** Time limit for one whole exchange, including the last byte. */
  readonly timeoutMs: number;
  /** Limit on the size of the body after decompression. */
  readonly maxBytes: number;
}

/** The body of a map from any source, not verified yet. */
export interface AcquiredBody {
  readonly kind: 'body';
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly etag: string | null;
  readonly fetchMs: number;
}

/** Result of acquiring a map: its bytes, or the server's answer that nothing changed. */
export type Acquired = AcquiredBody | { readonly kind: 'not-modified'; readonly fetchMs: number };

/** The verified map that the main thread holds. A new map is compared with it. */
export interface KnownMap {
  /** SHA-256 of the body, hex. */
  readonly bodySha256: string;
  readonly digests: DigestTable;
  readonly expiresAtMs: number;
}

/** Conditions that a map must satisfy to be accepted. */
export interface ProofPolicy {
  readonly trust: SignatureTrust;
  /** Wall-clock time, read once on the main thread for the whole load. */
  readonly nowMs: number;
  /** The highest `generatedAt` accepted before; older maps are refused. */
  readonly floorMs: number | null;
  /** Maximum time that `generatedAt` may be ahead of `nowMs`. */
  readonly maxSkewMs: number;
  readonly maxConnectors: number;
  /** Whether an expired map is accepted: an earlier process accepted it, and it may be served as stale. */
  readonly allowExpired: boolean;
  /** How long an `allowExpired` map is still served after its expiry, in milliseconds; null for no limit. */
  readonly maxStaleMs: number | null;
}

/** One load of one map. */
export interface LoadTask {
  readonly version: number;
  /** The trace of this load (W3C Trace Context), for the request that the thread sends. */
  readonly traceparent: string;
  readonly request: MapRequest;
  readonly network: NetworkSettings;
  /** Bytes that another thread acquired; null lets the worker fetch them. */
  readonly given: AcquiredBody | null;
  readonly known: KnownMap | null;
  readonly policy: ProofPolicy;
  /**
   * Whether the main thread needs the body. It is not sent otherwise: 14 MB would burden the main thread's garbage
   * collector.
   */
  readonly wantsBody: boolean;
}

/** A {@link LoadTask} for a worker, with the port that its events come back through. */
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

/** Summary of a load, for users and metrics. */
export interface LoadReport {
  /** `main`, or `worker-` and the thread's id. */
  readonly thread: string;
  /** Size of the body; 0 if none was sent. */
  readonly bytes: number;
  readonly phases: LoadPhases;
}

/** Added or changed entries, at most {@link CHUNK_ENTRIES}. */
export interface ChunkEvent {
  readonly kind: 'chunk';
  readonly ids: readonly string[];
  readonly enabled: readonly boolean[];
  /** Entries of this chunk that the host must leave out, with the reasons; usually empty. */
  readonly unusable: readonly UnusableEntry[];
  /** The entries encoded with msgpackr, in the order of `ids`. */
  readonly packed: Uint8Array<ArrayBuffer>;
}

/** The map is verified and completely sent. */
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
  /** The verified bytes, for the store; null if they are not needed. */
  readonly body: Uint8Array<ArrayBuffer> | null;
  readonly report: LoadReport;
}

/** The known map is still current. */
export interface UnchangedEvent {
  readonly kind: 'unchanged';
  readonly how: 'not-modified' | 'same-body';
  /** Entity tag for the next request: a server may give the same bytes a new tag. */
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

/** Messages of the main thread to a worker during a load. */
export type LoadControl = { readonly kind: 'credit' } | { readonly kind: 'cancel' };
