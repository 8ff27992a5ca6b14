import { settledWithin } from '../../shared/clock.ts';
import type { SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorEntry, RawEntry } from '../../shared/map/service-map.ts';
import type { LocalConfigStatus } from '../local-config/local-source.ts';
import type { Observation } from '../observability/observed-gauges.ts';
import type { RegistryStatus } from '../registry/registry-source.ts';
import type { ServiceMapSource } from '../service-map/service-map-source.ts';
import { NO_MAP, type ServiceMapStatus, viewServiceMap } from '../service-map/service-map-status.ts';
import type { SourceEvents } from './source-events.ts';

/** An entry, and the source whose word it is. */
interface Found {
  readonly entry: ConnectorEntry;
  /** As it was sent; of a local file its own. */
  readonly source: RawEntry;
}

/** Where entries come from that are not part of a signed map: a file or a registry on this machine. */
export interface EntrySource {
  /** Whether it has been read once. */
  readonly isRead: boolean;
  /**
   * Reads the source, unless it has been read and `force` is false. Rejects if it was never read; a later failure
   * leaves the entries as they are.
   */
  sync(force: boolean): Promise<void>;
  /** The entries as last read. An entry that did not change is the same object as before. */
  entries(): readonly ConnectorEntry[];
  /** Never rejects. */
  close(): Promise<void>;
}

/** The local sources of a manager; null for one that its options do not name. Those given by the host win over all. */
export interface LocalSources {
  readonly file: (EntrySource & { status(): LocalConfigStatus }) | null;
  readonly registry: (EntrySource & { status(): RegistryStatus }) | null;
  /** Servers that the options hold themselves. */
  readonly given?: EntrySource | null;
}

/** Sources that all say something of one connector, the one that counts first. */
export interface Contest {
  readonly connectorId: string;
  readonly sourceIds: readonly string[];
}

/**
 * Where a manager's connectors are from: service maps, a registry and a local file. Of one id the file's entry wins,
 * then the registry's, then that of the first map in the order of the options that has it, whichever came first.
 */
export class ConnectorSources {
  /** What the sources announce from now on. */
  readonly events: SourceEvents;
  readonly #maps: readonly ServiceMapSource[];
  readonly #named: LocalSources;
  /** What is given, the file and the registry, the one whose entries win first. */
  readonly #local: readonly EntrySource[];
  /** The entries of files and registries that count, by connector id. */
  #entries: ReadonlyMap<string, ConnectorEntry> = new Map();
  /** Whose word an entry is that was handed out: the key of one source must not go where another one says. */
  readonly #origins = new WeakMap<ConnectorEntry, ServiceMapSource>();

  /**
   * `events` are those that the sources announce themselves by; the returned object announces `local` when they
   * announce `read`.
   */
  constructor(maps: readonly ServiceMapSource[], local: LocalSources, events: SourceEvents) {
    this.#maps = maps;
    this.#named = local;
    this.#local = [local.given ?? null, local.file, local.registry].filter((source) => source !== null);
    this.events = events;
    events.on('read', () => void events.emit('local', this.#takeLocal()));
  }

  get maps(): readonly ServiceMapSource[] {
    return this.#maps;
  }

  /**
   * Brings all of them up to date; one that fails keeps none of the others from it, and one that is slow holds them up
   * for `deadlineMs` at most. Rejects where no map at all is to be had, with the error of the first; else with that of
   * a file or a registry that was never read.
   */
  async sync(force: boolean, deadlineMs: number): Promise<void> {
    const local = this.syncLocal(force);
    // Of two failures, the map's is told.
    local.catch(() => {});
    if (this.#maps.length > 0) await this.#syncMaps(force, deadlineMs);
    await local;
  }

  async #syncMaps(force: boolean, deadlineMs: number): Promise<void> {
    const asked = this.#maps.map((map) => map.sync(force));
    await Promise.any(asked).catch(({ errors }: AggregateError) => {
      throw errors[0];
    });
    await settledWithin(Promise.allSettled(asked), deadlineMs);
  }

  /** The same, of the local file and the registry alone. */
  async syncLocal(force: boolean): Promise<void> {
    await Promise.all(this.#local.map((source) => source.sync(force)));
  }

  /** Takes up what file and registry say now; the ids of which they say something else than before. */
  #takeLocal(): readonly string[] {
    const before = this.#entries;
    const entries = new Map<string, ConnectorEntry>();
    for (const entry of this.#local.toReversed().flatMap((source) => source.entries())) {
      // Deleted first: an entry that wins is also listed where its source is listed.
      entries.delete(entry.id);
      entries.set(entry.id, entry);
    }
    this.#entries = entries;
    const ids = new Set([...before.keys(), ...entries.keys()]);
    return [...ids].filter((id) => before.get(id) !== entries.get(id));
  }

  /** Resolves when what is remembered of the maps is in force; it takes a sync to begin. */
  async remembered(): Promise<void> {
    await Promise.all(this.#maps.map(({ remembered }) => remembered));
  }

  /** Whether each of them was had once. */
  get isKnown(): boolean {
    return this.#local.every(({ isRead }) => isRead) && this.#maps.every(({ snapshot }) => snapshot.revision > 0);
  }

  /** Whether a connector is wanted up; null if there is none of that id. Decodes nothing. */
  isWanted(id: string): boolean | null {
    const local = this.#entries.get(id);
    if (local !== undefined) return local.status === 'enabled';
    return this.#mapOf(id)?.snapshot.isEnabled(id) ?? null;
  }

  /**
   * Whether a source names a connector of that id, even one that is left out: no other connector gets tools under it.
   */
  isNamed(id: string): boolean {
    return this.isWanted(id) !== null || this.#maps.some(({ snapshot }) => snapshot.unusable.has(id));
  }

  /** The entry that counts; undefined if there is none of that id. */
  entry(id: string): ConnectorEntry | undefined {
    const local = this.#entries.get(id);
    if (local !== undefined) return local;
    const map = this.#mapOf(id);
    const entry = map?.snapshot.entry(id);
    if (map !== undefined && entry !== undefined) this.#origins.set(entry, map);
    return entry;
  }

  /** The ids of the entries of files and registries. */
  get localIds(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** The entry that counts, and as it was sent; undefined if there is none of that id. */
  find(id: string): Found | undefined {
    const entry = this.entry(id);
    if (entry === undefined) return undefined;
    return { entry, source: this.#entries.has(id) ? entry : (this.#mapOf(id)?.snapshot.source(id) ?? entry) };
  }

  /** Where an enabled connector is; null if there is none of that id. */
  endpointOf(id: string): string | null {
    const entry = this.entry(id);
    return entry?.status === 'enabled' ? entry.endpoint : null;
  }

  /** The map that an entry is from; undefined for one of a local file. */
  originOf(entry: ConnectorEntry): ServiceMapSource | undefined {
    return this.#origins.get(entry);
  }

  /** The brand of the map that an entry is from; empty for one of a local file where there is no map. */
  brandOf(entry: ConnectorEntry): string {
    return (this.#origins.get(entry) ?? this.#maps[0])?.snapshot.header?.brand ?? '';
  }

  /** Those of the maps in their order, then those of the registry, then those of the file; each id once. */
  entries(): ConnectorEntry[] {
    const ids = new Set(this.#maps.flatMap(({ snapshot }) => snapshot.ids));
    for (const id of this.#entries.keys()) ids.delete(id);
    return [...ids, ...this.#entries.keys()].flatMap((id) => this.entry(id) ?? []);
  }

  /** Which of these ids more than one map lists. */
  contests(ids: readonly string[]): Contest[] {
    if (this.#maps.length < 2) return [];
    return ids.flatMap((connectorId) => {
      const sourceIds = this.#maps.flatMap(({ options, snapshot }) => (snapshot.has(connectorId) ? [options.id] : []));
      return sourceIds.length > 1 ? [{ connectorId, sourceIds }] : [];
    });
  }

  /** Each map; what there is to say of none where there is none. */
  mapStatuses(): readonly ServiceMapStatus[] {
    return this.#maps.length === 0 ? [NO_MAP] : this.#maps.map(viewServiceMap);
  }

  configStatus(): LocalConfigStatus | null {
    return this.#named.file?.status() ?? null;
  }

  registryStatus(): RegistryStatus | null {
    return this.#named.registry?.status() ?? null;
  }

  observe(): Observation['sources'] {
    return this.#maps.map((map) => map.observe());
  }

  /** Ends what is under way; `reason` becomes its failure. */
  async close(reason: SwitchyardError): Promise<void> {
    await Promise.all([...this.#local.map((source) => source.close()), ...this.#maps.map((map) => map.close(reason))]);
  }

  #mapOf(id: string): ServiceMapSource | undefined {
    return this.#maps.find(({ snapshot }) => snapshot.has(id));
  }
}
