import { countOf, type DigestTable, EMPTY_DIGESTS, idsOf } from '../../shared/map/delta.ts';
import type { ConnectorEntry, RawEntry, ServiceMapHeader } from '../../shared/map/service-map.ts';
import type { CommitEvent } from '../../shared/protocol/thread-messages.ts';
import type { RemovalVerdict } from './mass-removal.ts';
import type { EntryRef, SentEntries } from './sent-entries.ts';
import type { UnusableEntries } from './unusable-entries.ts';

/** Facts about the map of a snapshot as a whole. */
interface Facts {
  readonly revision: number;
  readonly header: ServiceMapHeader | null;
  readonly digests: DigestTable;
  readonly generatedAtMs: number;
  readonly expiresAtMs: number;
  readonly held: readonly string[];
}

const NOTHING: Facts = {
  revision: 0,
  header: null,
  digests: EMPTY_DIGESTS,
  generatedAtMs: 0,
  expiresAtMs: 0,
  held: [],
};

/**
 * The last accepted map. Each entry is decoded when it is first read. A new map creates a new snapshot, which takes
 * over the entries of the previous snapshot and replaces the changed ones, because copying all entries would be slow
 * (docs/design.md). The previous snapshot then has no entries. Entries that this host must leave out are only visible
 * in `unusable`, but are compared with the next map, too.
 */
export class Snapshot {
  readonly #facts: Facts;
  #refs: Map<string, EntryRef>;
  readonly #unusable: UnusableEntries;
  #ids: readonly string[] | null = null;

  private constructor(facts: Facts, refs: Map<string, EntryRef>, unusable: UnusableEntries) {
    this.#facts = facts;
    this.#refs = refs;
    this.#unusable = unusable;
  }

  /** Creates a snapshot without a map. */
  static empty(): Snapshot {
    return new Snapshot(NOTHING, new Map(), new Map());
  }

  /** Grows by one with every accepted map; 0 before the first map. */
  get revision(): number {
    return this.#facts.revision;
  }

  /** The header of the map; null if there is no map. */
  get header(): ServiceMapHeader | null {
    return this.#facts.header;
  }

  get digests(): DigestTable {
    return this.#facts.digests;
  }

  get generatedAtMs(): number {
    return this.#facts.generatedAtMs;
  }

  get expiresAtMs(): number {
    return this.#facts.expiresAtMs;
  }

  /** Ids of connectors that are kept although the map does not list them (see mass-removal.ts). */
  get held(): readonly string[] {
    return this.#facts.held;
  }

  /** The entries of the map that this host must leave out, with the reasons. */
  get unusable(): UnusableEntries {
    return this.#unusable;
  }

  /**
   * Creates the next snapshot from what a load sent. The time depends on the number of changes, not on the size of the
   * map. Throws and changes nothing if the sent entries do not match the commit.
   */
  next(sent: SentEntries, commit: CommitEvent, { removed, held }: RemovalVerdict): Snapshot {
    const unusable = this.#nextUnusable(sent, removed);
    const refs = this.#refs.size === 0 ? this.#first(sent, commit) : this.#changed(sent, commit, removed, held);
    const { header, digests, generatedAtMs, expiresAtMs } = commit;
    const facts = { revision: this.revision + 1, header, digests, generatedAtMs, expiresAtMs, held };
    return new Snapshot(facts, refs, unusable);
  }

  /** Returns this snapshot without the connectors that the map does not list. */
  released(): Snapshot {
    const refs = this.#take();
    remove(refs, this.held);
    const unusable = new Map(this.#unusable);
    for (const id of this.held) unusable.delete(id);
    return new Snapshot({ ...this.#facts, revision: this.revision + 1, held: [] }, refs, unusable);
  }

  /** Returns a copy of this snapshot that expires at this time (epoch milliseconds) at the latest. */
  expiringBy(expiresAtMs: number): Snapshot {
    const facts = { ...this.#facts, expiresAtMs: Math.min(expiresAtMs, this.expiresAtMs) };
    return new Snapshot(facts, this.#take(), this.#unusable);
  }

  /** Returns the next snapshot for a map that may no longer be served. It has no connectors. */
  dropped(): Snapshot {
    this.#take();
    return new Snapshot({ ...NOTHING, revision: this.revision + 1 }, new Map(), new Map());
  }

  /** The connector ids, in the order of the map. */
  get ids(): readonly string[] {
    this.#ids ??= [...idsOf(this.digests), ...this.held].filter((id) => this.has(id));
    return this.#ids;
  }

  get size(): number {
    return this.#refs.size - this.#unusable.size;
  }

  /** Whether the snapshot has the connector. Decodes nothing. */
  has(id: string): boolean {
    return this.#refs.has(id) && !this.#unusable.has(id);
  }

  /** Whether the map lists the connector as enabled. Decodes nothing. */
  isEnabled(id: string): boolean {
    return this.#ref(id)?.isEnabled === true;
  }

  /** Returns the entry as the map lists it. */
  source(id: string): RawEntry | undefined {
    return this.#ref(id)?.source;
  }

  /** Returns the normalised entry. */
  entry(id: string): ConnectorEntry | undefined {
    return this.#ref(id)?.normalized(this.header?.ttlSeconds ?? 0);
  }

  /** Returns all normalised entries in the order of the map. The array is new, so the caller may change it. */
  entries(): ConnectorEntry[] {
    return this.ids.flatMap((id) => this.entry(id) ?? []);
  }

  #ref(id: string): EntryRef | undefined {
    return this.#unusable.has(id) ? undefined : this.#refs.get(id);
  }

  #nextUnusable(sent: SentEntries, removed: readonly string[]): UnusableEntries {
    if (this.#unusable.size === 0) return sent.unusable;
    const unusable = new Map(this.#unusable);
    for (const id of [...removed, ...sent.refs.keys()]) unusable.delete(id);
    for (const [id, reason] of sent.unusable) unusable.set(id, reason);
    return unusable;
  }

  /** Returns the entries of a first map. This is the index that was built while the entries arrived. */
  #first(sent: SentEntries, { digests }: CommitEvent): Map<string, EntryRef> {
    const refs = sent.take();
    if (refs.size !== countOf(digests))
      throw new RangeError(`Internal error: the map lists ${countOf(digests)} connectors, but ${refs.size} were sent`);
    return refs;
  }

  #changed(
    sent: SentEntries,
    commit: CommitEvent,
    removed: readonly string[],
    held: readonly string[],
  ): Map<string, EntryRef> {
    this.#assertWhole(sent, commit, removed, held);
    const refs = this.#take();
    remove(refs, removed);
    for (const [id, ref] of sent.refs) {
      refs.get(id)?.drop();
      refs.set(id, ref);
    }
    return refs;
  }

  #take(): Map<string, EntryRef> {
    const refs = this.#refs;
    this.#refs = new Map();
    return refs;
  }

  /** Throws if the known and the sent entries together are not exactly the entries that the map lists. */
  #assertWhole(sent: SentEntries, commit: CommitEvent, removed: readonly string[], held: readonly string[]): void {
    const { added, changed } = commit.delta;
    const missing = [...added, ...changed].find((id) => !sent.refs.has(id));
    if (missing !== undefined)
      throw new RangeError(`Internal error: the map lists "${missing}", which was neither sent nor known`);
    const gone = new Set(removed.filter((id) => this.#refs.has(id) && !sent.refs.has(id)));
    const come = [...sent.refs.keys()].filter((id) => !this.#refs.has(id)).length;
    const size = this.#refs.size - gone.size + come;
    const wanted = countOf(commit.digests) + held.length;
    if (size !== wanted)
      throw new RangeError(`Internal error: the map lists ${wanted} connectors, but ${size} were sent or known`);
  }
}

function remove(refs: Map<string, EntryRef>, ids: readonly string[]): void {
  for (const id of ids) {
    refs.get(id)?.drop();
    refs.delete(id);
  }
}
