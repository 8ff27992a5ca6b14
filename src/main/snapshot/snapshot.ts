import { unpack } from '../../shared/codec.ts';
import { idsOf } from '../../shared/delta.ts';
import type { ChunkEvent, CommitEvent } from '../../shared/protocol.ts';
import { type ConnectorEntry, normalizeEntry, type RawEntry, type ServiceMapHeader } from '../../shared/service-map.ts';

/** A chunk as it came from the worker: unpacked when the first of its entries is asked for. */
class EntryChunk {
  #packed: Uint8Array | null;
  #entries: readonly RawEntry[] = [];

  constructor(packed: Uint8Array) {
    this.#packed = packed;
  }

  at(index: number): RawEntry {
    if (this.#packed !== null) {
      this.#entries = unpack(this.#packed) as readonly RawEntry[];
      this.#packed = null;
    }
    const entry = this.#entries[index];
    if (entry === undefined) throw new RangeError(`A chunk of ${this.#entries.length} entries has none at ${index}`);
    return entry;
  }
}

interface EntryRef {
  readonly enabled: boolean;
  readonly chunk: EntryChunk;
  readonly index: number;
}

/** The last accepted map: immutable, each entry decoded when it is asked for. A new map makes a new snapshot. */
export class Snapshot {
  /** No map at all. */
  static readonly EMPTY: Snapshot = new Snapshot(0, null, 0, 0, new Map(), []);

  /** Grows by one with every accepted map. */
  readonly revision: number;
  readonly header: ServiceMapHeader | null;
  readonly generatedAtMs: number;
  readonly expiresAtMs: number;
  /** Connectors that are kept though the map does not list them (mass-removal.ts). */
  readonly held: readonly string[];
  readonly #refs: ReadonlyMap<string, EntryRef>;
  readonly #decoded = new Map<string, ConnectorEntry>();

  private constructor(
    revision: number,
    header: ServiceMapHeader | null,
    generatedAtMs: number,
    expiresAtMs: number,
    refs: ReadonlyMap<string, EntryRef>,
    held: readonly string[],
  ) {
    this.revision = revision;
    this.header = header;
    this.generatedAtMs = generatedAtMs;
    this.expiresAtMs = expiresAtMs;
    this.#refs = refs;
    this.held = held;
  }

  /** The snapshot that follows this one. Entries that did not change are taken over, packed or not, and so are those to be held. */
  next(chunks: readonly ChunkEvent[], commit: CommitEvent, held: readonly string[]): Snapshot {
    const sent = new Map<string, EntryRef>();
    for (const { ids, enabled, packed } of chunks) {
      const chunk = new EntryChunk(packed);
      for (const [index, id] of ids.entries()) sent.set(id, { enabled: enabled[index] === true, chunk, index });
    }
    const refs = new Map<string, EntryRef>();
    for (const id of [...idsOf(commit.digests), ...held]) {
      const ref = sent.get(id) ?? this.#refs.get(id);
      if (ref === undefined) throw new RangeError(`The map lists "${id}", which was neither sent nor known`);
      refs.set(id, ref);
    }
    return new Snapshot(this.revision + 1, commit.header, commit.generatedAtMs, commit.expiresAtMs, refs, held);
  }

  /** This snapshot without what it holds. */
  released(): Snapshot {
    const refs = new Map(this.#refs);
    for (const id of this.held) refs.delete(id);
    return new Snapshot(this.revision + 1, this.header, this.generatedAtMs, this.expiresAtMs, refs, []);
  }

  /** The ids in map order. */
  get ids(): readonly string[] {
    return [...this.#refs.keys()];
  }

  get size(): number {
    return this.#refs.size;
  }

  /** Whether the map lists the connector and wants it up. Decodes nothing. */
  isEnabled(id: string): boolean {
    return this.#refs.get(id)?.enabled === true;
  }

  /** The entry as it was sent. */
  source(id: string): RawEntry | undefined {
    const ref = this.#refs.get(id);
    return ref?.chunk.at(ref.index);
  }

  /** The normalised entry. */
  entry(id: string): ConnectorEntry | undefined {
    const known = this.#decoded.get(id);
    if (known !== undefined) return known;
    const source = this.source(id);
    if (source === undefined) return undefined;
    const entry = normalizeEntry(source, this.header?.ttlSeconds ?? 0);
    this.#decoded.set(id, entry);
    return entry;
  }

  /** All normalised entries in map order, in an array of the caller's own. */
  entries(): ConnectorEntry[] {
    const entries: ConnectorEntry[] = [];
    for (const id of this.#refs.keys()) {
      const entry = this.entry(id);
      if (entry !== undefined) entries.push(entry);
    }
    return entries;
  }
}
