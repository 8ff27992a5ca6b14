import { settledWithin } from '../../shared/clock.ts';
import type { SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorEntry, RawEntry } from '../../shared/map/service-map.ts';
import type { LocalConfigStatus } from '../local-config/local-source.ts';
import type { Observation } from '../observability/observed-gauges.ts';
import type { RegistryStatus } from '../registry/registry-source.ts';
import type { ServiceMapSource } from '../service-map/service-map-source.ts';
import { NO_MAP, type ServiceMapStatus, viewServiceMap } from '../service-map/service-map-status.ts';
import type { SourceEvents } from './source-events.ts';

/** An entry in its effective form and in its original form. */
interface Found {
  readonly entry: ConnectorEntry;
  /** The entry as the map lists it. For a local source, the same object as `entry`. */
  readonly source: RawEntry;
}

/** A source of entries that is not a signed map: a local file, the registry, or the host's options. */
export interface EntrySource {
  /** Whether the source has been read at least once. */
  readonly isRead: boolean;
  /**
   * Reads the source. If it was read before, reads it again only if `force` is true. Rejects if the source was never
   * read. If a later read fails, the entries stay.
   */
  sync(force: boolean): Promise<void>;
  /** Returns the entries of the last read. An unchanged entry is the same object as before. */
  entries(): readonly ConnectorEntry[];
  /** Stops reading the source. Never rejects. */
  close(): Promise<void>;
}

/**
 * The local sources of a manager; null for each source that the options do not contain. Servers from the host's options
 * take precedence over all other sources.
 */
export interface LocalSources {
  readonly file: (EntrySource & { status(): LocalConfigStatus }) | null;
  readonly registry: (EntrySource & { status(): RegistryStatus }) | null;
  /** The servers from the host's options. */
  readonly given?: EntrySource | null;
}

/** The sources that list the same connector, in order of precedence. */
export interface Contest {
  readonly connectorId: string;
  readonly sourceIds: readonly string[];
}

/**
 * All sources of a manager's connectors. If several sources list the same id, a local source takes precedence over all
 * maps. Among maps, the map that comes first in the options takes precedence, even if another map loaded earlier.
 */
export class ConnectorSources {
  /** Emits the changes of all sources. */
  readonly events: SourceEvents;
  readonly #maps: readonly ServiceMapSource[];
  readonly #named: LocalSources;
  /** The local sources in order of precedence: given servers, local file, registry. */
  readonly #local: readonly EntrySource[];
  /** The effective entries of the local sources, by connector id. */
  #entries: ReadonlyMap<string, ConnectorEntry> = new Map();
  /**
   * The map that each returned entry comes from. With this record, the API key of one map is never sent to a connector
   * of another map.
   */
  readonly #origins = new WeakMap<ConnectorEntry, ServiceMapSource>();

  /**
   * `events` receives the events of all sources. For each event `read` of a source, this object emits the event
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
   * Brings all sources up to date. A failed source does not affect the others, and waiting for maps ends after
   * `deadlineMs`. If no map can be loaded, rejects with the error of the first map. Otherwise, rejects if a file or
   * registry was never read.
   */
  async sync(force: boolean, deadlineMs: number): Promise<void> {
    const local = this.syncLocal(force);
    // If both maps and local sources fail, the failure of the maps is reported. This handler prevents an unhandled
    // rejection.
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

  /** Reads the entries of the local sources into `#entries`. Returns the ids of the entries that changed. */
  #takeLocal(): readonly string[] {
    const before = this.#entries;
    const entries = new Map<string, ConnectorEntry>();
    for (const entry of this.#local.toReversed().flatMap((source) => source.entries())) {
      // The id is deleted first, so that the entry moves to the position of the source that takes precedence.
      entries.delete(entry.id);
      entries.set(entry.id, entry);
    }
    this.#entries = entries;
    const ids = new Set([...before.keys(), ...entries.keys()]);
    return [...ids].filter((id) => before.get(id) !== entries.get(id));
  }

  /** Resolves once the maps of an earlier run are served. Only a sync starts to load them. */
  async remembered(): Promise<void> {
    await Promise.all(this.#maps.map(({ remembered }) => remembered));
  }

  /** Whether every source has been loaded at least once. */
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
   * Whether a source lists a connector with this id, even if its entry is left out. If so, no other connector may have
   * tools under this id.
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

  /** The ids of all entries of local sources. */
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
   * Returns the brand (the publisher's name for itself) of the map that an entry comes from. Local entries get the
   * brand of the first map. Returns an empty string if there is no map.
   */
  brandOf(entry: ConnectorEntry): string {
    return (this.#origins.get(entry) ?? this.#maps[0])?.snapshot.header?.brand ?? '';
  }

  /**
   * Lists each connector once: the entries of the maps in map order, then those of the registry, of the local file and
   * of the host's options.
   */
  entries(): ConnectorEntry[] {
    const ids = new Set(this.#maps.flatMap(({ snapshot }) => snapshot.ids));
    for (const id of this.#entries.keys()) ids.delete(id);
    return [...ids, ...this.#entries.keys()].flatMap((id) => this.entry(id) ?? []);
  }

  /** Returns the ids among `ids` that more than one map lists, each with the ids of these maps. */
  contests(ids: readonly string[]): Contest[] {
    if (this.#maps.length < 2) return [];
    return ids.flatMap((connectorId) => {
      const sourceIds = this.#maps.flatMap(({ options, snapshot }) => (snapshot.has(connectorId) ? [options.id] : []));
      return sourceIds.length > 1 ? [{ connectorId, sourceIds }] : [];
    });
  }

  /** Returns the status of each map, or one placeholder if there are no maps. */
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

  /** Cancels all refreshes in flight, which then fail with `reason`. */
  async close(reason: SwitchyardError): Promise<void> {
    await Promise.all([...this.#local.map((source) => source.close()), ...this.#maps.map((map) => map.close(reason))]);
  }

  #mapOf(id: string): ServiceMapSource | undefined {
    return this.#maps.find(({ snapshot }) => snapshot.has(id));
  }
}
