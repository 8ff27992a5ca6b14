import { unpack } from '../../shared/codec.ts';
import { type ConnectorEntry, normalizeEntry, type RawEntry } from '../../shared/map/service-map.ts';
import type { ChunkEvent } from '../../shared/protocol/thread-messages.ts';

/**
 * If fewer than one in this many entries of a chunk are still used, the chunk is decoded. Only the used entries then
 * stay in memory.
 */
const LEAST_SHARE = 4;

/** A chunk as the worker sent it. It is decoded when one of its entries is first read. */
class EntryChunk {
  #packed: Uint8Array | null;
  #entries: (RawEntry | null)[] = [];
  #dropped: number[] = [];
  readonly #size: number;

  constructor(packed: Uint8Array, size: number) {
    this.#packed = packed;
    this.#size = size;
  }

  at(index: number): RawEntry {
    this.#unpack();
    const entry = this.#entries[index] ?? null;
    if (entry === null) throw new RangeError(`Internal error: a chunk of ${this.#size} entries has no entry ${index}`);
    return entry;
  }

  /** Releases an entry that is no longer used. */
  drop(index: number): void {
    if (this.#packed === null) this.#entries[index] = null;
    else {
      this.#dropped.push(index);
      if ((this.#size - this.#dropped.length) * LEAST_SHARE < this.#size) this.#unpack();
    }
  }

  #unpack(): void {
    if (this.#packed === null) return;
    this.#entries = unpack(this.#packed) as RawEntry[];
    this.#packed = null;
    for (const index of this.#dropped) this.#entries[index] = null;
    this.#dropped = [];
  }
}

/** One entry of a map. It is decoded when it is first read. */
export class EntryRef {
  readonly isEnabled: boolean;
  readonly #chunk: EntryChunk;
  readonly #index: number;
  #normalized: ConnectorEntry | null = null;
  #ttlSeconds = 0;

  constructor(chunk: EntryChunk, index: number, isEnabled: boolean) {
    this.#chunk = chunk;
    this.#index = index;
    this.isEnabled = isEnabled;
  }

  /** The entry as the map lists it. */
  get source(): RawEntry {
    return this.#chunk.at(this.#index);
  }

  /** Returns the entry in its normalised form, for a map with this time to live. Returns the same object each time. */
  normalized(ttlSeconds: number): ConnectorEntry {
    if (this.#normalized === null || this.#ttlSeconds !== ttlSeconds) {
      this.#normalized = normalizeEntry(this.source, ttlSeconds);
      this.#ttlSeconds = ttlSeconds;
    }
    return this.#normalized;
  }

  /** Releases the entry, because it was replaced or removed. */
  drop(): void {
    this.#chunk.drop(this.#index);
  }
}

/** The entries that a load sends. Each chunk is indexed when it arrives, so that little work is left at the end. */
export class SentEntries {
  #refs = new Map<string, EntryRef>();
  readonly #unusable = new Map<string, string>();

  get refs(): ReadonlyMap<string, EntryRef> {
    return this.#refs;
  }

  /** The ids of the entries that this host must leave out, with the reasons. */
  get unusable(): ReadonlyMap<string, string> {
    return this.#unusable;
  }

  /** Returns all entries, and removes them from this object. */
  take(): Map<string, EntryRef> {
    const refs = this.#refs;
    this.#refs = new Map();
    return refs;
  }

  add({ ids, enabled, unusable, packed }: ChunkEvent): void {
    const chunk = new EntryChunk(packed, ids.length);
    for (const [index, id] of ids.entries()) this.#refs.set(id, new EntryRef(chunk, index, enabled[index] === true));
    for (const { id, reason } of unusable) this.#unusable.set(id, reason);
  }
}
