/**
 * All messages of a load. The messages of the writer are in writer-messages.ts. They are plain data, because structured
 * clone silently turns an instance of a class into an empty object. For that reason, tasks are built field by field,
 * and no field is optional.
 *
 *     load    = main → worker  LoadTask        (through the pool; `port` is transferred)
 *               worker → main  chunk*          (each costs one credit)
 *                              ( commit | unchanged | failed )      (costs none, ends the load)
 *     control = main → worker  ( credit | cancel )*                 (any time until the end)
 *
 * `commit` is the last message, and the main thread uses the chunks only after it. A load that ends without it changes
 * nothing.
 */

import type { MessagePort } from 'node:worker_threads';
import type { WireError } from '../errors.ts';
import type { Delta, DigestTable } from '../map/delta.ts';
import type { UnusableEntry } from '../map/entry-fault.ts';
import type { ServiceMapHeader } from '../map/service-map.ts';
import type { NetworkSettings } from '../net/network.ts';
import type { MapSigners, SignatureTrust } from '../signatures/trust.ts';

/**
 * Version of these messages, raised whenever one of them changes its shape. A worker refuses a task of another version
 * (PROTOCOL_MISMATCH).
 */
export const PROTOCOL_VERSION = 11;

/** Number of entries in one chunk. */
export const CHUNK_ENTRIES = 64;

/**
 * Maximum number of chunks in transit. Two chunks keep both threads busy. With more, chunks would only queue up on the
 * main thread.
 */
export const INITIAL_CREDITS = 2;

/** The HTTP request for a map. */
export interface MapRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Entity tag that is sent as `If-None-Match`; null to request the whole map. */
  readonly etag: string | null;
  /** Time limit for the request and its whole response, in milliseconds. */
  readonly timeoutMs: number;
  /** Limit on the size of the body after decompression. */
  readonly maxBytes: number;
}

/** The body of a map from any source. It is not verified yet. */
export interface AcquiredBody {
  readonly kind: 'body';
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly etag: string | null;
  readonly fetchMs: number;
}

/** Result of requesting a map: either its bytes, or the server's answer that the map has not changed. */
export type Acquired = AcquiredBody | { readonly kind: 'not-modified'; readonly fetchMs: number };

/** The verified map that the main thread has now. A new map is compared with this map. */
export interface KnownMap {
  /** SHA-256 of the body, hex. */
  readonly bodySha256: string;
  readonly digests: DigestTable;
  readonly expiresAtMs: number;
}

/** Conditions that a map must satisfy to be accepted. */
export interface ProofPolicy {
  readonly trust: SignatureTrust;
  /** Wall-clock time in epoch milliseconds. The main thread reads the clock once for the whole load. */
  readonly nowMs: number;
  /** The highest `generatedAt` of all maps that were accepted before. Older maps are refused. */
  readonly floorMs: number | null;
  /** Maximum time that `generatedAt` may be ahead of `nowMs`. */
  readonly maxSkewMs: number;
  readonly maxConnectors: number;
  /**
   * Whether the map is allowed to have expired. If so, an earlier process accepted the map, and it may be served as
   * stale.
   */
  readonly allowExpired: boolean;
  /**
   * How long an expired map may be served after its expiry, in milliseconds; null for no limit. Only used with
   * `allowExpired`.
   */
  readonly maxStaleMs: number | null;
}

/** One load of one map. */
export interface LoadTask {
  readonly version: number;
  /** `traceparent` of this load (W3C Trace Context), for the request that the thread sends. */
  readonly traceparent: string;
  readonly request: MapRequest;
  readonly network: NetworkSettings;
  /** The body, if another thread has already received it. If it is null, the worker requests it. */
  readonly given: AcquiredBody | null;
  readonly known: KnownMap | null;
  readonly policy: ProofPolicy;
  /**
   * Whether the main thread needs the body. Otherwise the body is not sent, because a large body would burden the
   * garbage collector of the main thread.
   */
  readonly wantsBody: boolean;
}

/** A {@link LoadTask} for a worker. The worker sends the events of the load through `port`. */
export interface WorkerLoadTask extends LoadTask {
  readonly port: MessagePort;
}

/** Milliseconds that each phase of a load took; 0 for a phase that was not needed. */
export interface LoadPhases {
  readonly fetch: number;
  readonly parse: number;
  readonly verify: number;
  readonly validate: number;
  readonly diff: number;
}

/** Summary of a load, for users and metrics. */
export interface LoadReport {
  /** Name of the thread: `main`, or `worker-` and the id of the thread. */
  readonly thread: string;
  /** Size of the body; 0 if the server sent none. */
  readonly bytes: number;
  readonly phases: LoadPhases;
}

/** A part of the added and changed entries, at most {@link CHUNK_ENTRIES}. */
export interface ChunkEvent {
  readonly kind: 'chunk';
  readonly ids: readonly string[];
  readonly enabled: readonly boolean[];
  /** Entries of this chunk that the host must not use, with the reasons. Usually empty. */
  readonly unusable: readonly UnusableEntry[];
  /** The entries encoded with msgpackr, in the order of `ids`. */
  readonly packed: Uint8Array<ArrayBuffer>;
}

/** The map is verified, and all of its chunks were sent. */
export interface CommitEvent {
  readonly kind: 'commit';
  readonly header: ServiceMapHeader;
  readonly digests: DigestTable;
  readonly delta: Delta;
  readonly generatedAtMs: number;
  /** When the map expires, in epoch milliseconds: at the earliest expiry of the map, its signatures and their keys. */
  readonly expiresAtMs: number;
  readonly signers: MapSigners;
  readonly etag: string | null;
  readonly bodySha256: string;
  /** The verified bytes, for the store; null if they are not needed. */
  readonly body: Uint8Array<ArrayBuffer> | null;
  readonly report: LoadReport;
}

/** The source still serves the map that the main thread has. */
export interface UnchangedEvent {
  readonly kind: 'unchanged';
  readonly how: 'not-modified' | 'same-body';
  /**
   * Entity tag for the next request. It may differ from the last tag, because a server may give the same bytes a new
   * tag.
   */
  readonly etag: string | null;
  readonly report: LoadReport;
}

/** The load failed, and the main thread keeps the map that it had. */
export interface FailedEvent {
  readonly kind: 'failed';
  readonly error: WireError;
  readonly report: LoadReport;
}

export type LoadEvent = ChunkEvent | CommitEvent | UnchangedEvent | FailedEvent;

/** Messages that the main thread sends to a worker during a load. */
export type LoadControl = { readonly kind: 'credit' } | { readonly kind: 'cancel' };
