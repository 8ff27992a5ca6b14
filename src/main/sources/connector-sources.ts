import { settledWithin } from '../../shared/clock.ts';
import type { SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorEntry, RawEntry } from '../../shared/map/service-map.ts';
import type { LocalConfigStatus } from '../local-config/local-source.ts';
import type { Observation } from '../observability/observed-gauges.ts';
import type { RegistryStatus } from '../registry/registry-source.ts';
import type { ServiceMapSource } from '../service-map/service-map-source.ts';
import { NO_MAP, type ServiceMapStatus, viewServiceMap } from '../service-map/service-map-status.ts';
import type { SourceEvents } from './source-events.ts';

/** An entry, in its effective and in its original form. */
interface Found {
  readonly entry: ConnectorEntry;
  /** The entry as it was sent; for a local file the entry itself. */
  readonly source: RawEntry;
}

/**
 * A source of entries that are not part of a signed map: a file or a registry on this machine, or the host's options.
 */
export interface EntrySource {
  /** Whether the source has been read. */
  readonly isRead: boolean;
  /**
   * Reads the source, unless it has been read and `force` is false. Rejects if the source was never read; a later
   * failure keeps the entries.
   */
  sync(force: boolean): Promise<void>;
  /** Returns the entries as last read. An unchanged entry is the same object as before. */
  entries(): readonly ConnectorEntry[];
  /** Never rejects. */
  close(): Promise<void>;
}

/**
 * The local sources of a manager; null for a source that its options do not name. Servers given by the host win over
 * all other sources.
 */
export interface LocalSources {
  readonly file: (EntrySource & { status(): LocalConfigStatus }) | null;
  readonly registry: (EntrySource & { status(): RegistryStatus }) | null;
  /** Servers that the options contain themselves. */
  readonly given?: EntrySource | null;
}

/** Sources that list the same connector, in order of precedence. */
export interface Contest {
  readonly connectorId: string;
  readonly sourceIds: readonly string[];
}

/**
 * The places where a manager's connectors come from: service maps, a registry and a local file. For each id, the entry
 * of the file wins, then the entry of the registry. After those, the map that comes first in the options wins,
 * whichever map loaded first.
 */
export class ConnectorSources {
  /** Announces the changes of all sources. */
  readonly events: SourceEvents;
  readonly #maps: readonly ServiceMapSource[];
  readonly #named: LocalSources;
  /** The given servers, the file and the registry, in order of precedence. */
  readonly #local: readonly EntrySource[];
  /** The effective entries of files and registries, by connector id. */
  #entries: ReadonlyMap<string, ConnectorEntry> = new Map();
  /**
   * The map of each entry that was handed out, because the key of one map must never go to a connector of another map.
   */
  readonly #origins = new WeakMap<ConnectorEntry, ServiceMapSource>();

  /**
   * `events` is where the sources announce their changes. Whenever a source announces `read`, this object announces
   * `local`.
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
   * Brings all sources up to date. A source that fails does not stop the other sources, and a slow map delays them for
   * at most `deadlineMs`. Rejects with the error of the first map if no map can be loaded, else with the error of a
   * file or registry that was never read.
   */
  async sync(force: boolean, deadlineMs: number): Promise<void> {
    const local = this.syncLocal(force);
    // If both fail, the map's failure is reported.
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

  /** Brings only the local file and the registry up to date. */
  async syncLocal(force: boolean): Promise<void> {
    await Promise.all(this.#local.map((source) => source.sync(force)));
  }

  /** Takes over the entries of the local sources. Returns the ids whose entries changed. */
  #takeLocal(): readonly string[] {
    const before = this.#entries;
    const entries = new Map<string, ConnectorEntry>();
    for (const entry of this.#local.toReversed().flatMap((source) => source.entries())) {
      // Deleted first, so that the entry that wins moves to the position of its own source.
      entries.delete(entry.id);
      entries.set(entry.id, entry);
    }
    this.#entries = entries;
    const ids = new Set([...before.keys(), ...entries.keys()]);
    return [...ids].filter((id) => before.get(id) !== entries.get(id));
  }

  /** Resolves when the remembered maps are in force. Only a sync puts them in force. */
  async remembered(): Promise<void> {
    await Promise.all(this.#maps.map(({ remembered }) => remembered));
  }

  /** Whether every source was loaded at least once. */
  get isKnown(): boolean {
    return this.#local.every(({ isRead }) => isRead) && this.#maps.every(({ snapshot }) => snapshot.revision > 0);
  }

  /** Whether a connector is enabled; null if the id is unknown. Does not decode the entry. */
  isWanted(id: string): boolean | null {
    const local = this.#entries.get(id);
    if (local !== undefined) return local.status === 'enabled';
    return this.#mapOf(id)?.snapshot.isEnabled(id) ?? null;
  }

  /**
   * Whether a source names a connector of that id, even if its entry is left out. If so, no other connector may have
   * tools of that id.
   */
  isNamed(id: string): boolean {
    return this.isWanted(id) !== null || this.#maps.some(({ snapshot }) => snapshot.unusable.has(id));
  }

  /** Returns the effective entry; undefined if the id is unknown. */
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

  /** Returns the effective entry and its original form; undefined if the id is unknown. */
  find(id: string): Found | undefined {
    const entry = this.entry(id);
    if (entry === undefined) return undefined;
    return { entry, source: this.#entries.has(id) ? entry : (this.#mapOf(id)?.snapshot.source(id) ?? entry) };
  }

  /** Returns the endpoint of an enabled connector; null if no enabled connector has the id. */
  endpointOf(id: string): string | null {
    const entry = this.entry(id);
    return entry?.status === 'enabled' ? entry.endpoint : null;
  }

  /** Returns the map that an entry comes from; undefined for an entry of a local source. */
  originOf(entry: ConnectorEntry): ServiceMapSource | undefined {
    return this.#origins.get(entry);
  }

  /**
   * Returns the brand of the map that an entry comes from. Local entries use the first map's brand. Returns an empty
   * string without a map.
   */
  brandOf(entry: ConnectorEntry): string {
    return (this.#origins.get(entry) ?? this.#maps[0])?.snapshot.header?.brand ?? '';
  }

  /**
   * Lists the entries of the maps in the order of the maps, then the registry's entries, then the file's; each id once.
   */
  entries(): ConnectorEntry[] {
    const ids = new Set(this.#maps.flatMap(({ snapshot }) => snapshot.ids));
    for (const id of this.#entries.keys()) ids.delete(id);
    return [...ids, ...this.#entries.keys()].flatMap((id) => this.entry(id) ?? []);
  }

  /** Returns which of these ids more than one map lists. */
  contests(ids: readonly string[]): Contest[] {
    if (this.#maps.length < 2) return [];
    return ids.flatMap((connectorId) => {
      const sourceIds = this.#maps.flatMap(({ options, snapshot }) => (snapshot.has(connectorId) ? [options.id] : []));
      return sourceIds.length > 1 ? [{ connectorId, sourceIds }] : [];
    });
  }

  /** Returns the status of each map; a placeholder if there are no maps. */
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

  /** Ends the work in progress, which fails with `reason`. */
  async close(reason: SwitchyardError): Promise<void> {
    await Promise.all([...this.#local.map((source) => source.close()), ...this.#maps.map((map) => map.close(reason))]);
  }

  #mapOf(id: string): ServiceMapSource | undefined {
    return this.#maps.find(({ snapshot }) => snapshot.has(id));
  }
}
