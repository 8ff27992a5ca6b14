import type { SwitchyardError } from '../shared/errors.ts';
import type { LoadReport } from '../shared/protocol.ts';
import type { ConnectorEntry, RawEntry } from '../shared/service-map.ts';
import type { ConnectorState } from './connectors/connector-state.ts';
import { type LocalConfigStatus, LocalSource } from './local-config/local-source.ts';
import { NO_MAP, type ServiceMapStatus, viewServiceMap } from './manager-status.ts';
import { recordAlarm, recordLoad, recordRefresh } from './metrics/instruments.ts';
import type { Observation } from './metrics/observed-gauges.ts';
import { type ResolvedOptions, withMap } from './options.ts';
import { RegistrySource, type RegistryStatus } from './registry/registry-source.ts';
import { ServiceMapSource, type SourceDeps } from './service-map/service-map-source.ts';
import type { Snapshot } from './snapshot/snapshot.ts';

/** What sources need, and whom they tell. */
export interface SourcesDeps extends Pick<SourceDeps, 'loader' | 'memory' | 'onSnapshot'> {
  readonly onLocal: (entries: readonly ConnectorEntry[]) => void;
  readonly onLoad: (report: LoadReport) => void;
}

/** The sources that these options name: a map, a local file, or both. */
export function createSources(options: ResolvedOptions, deps: SourcesDeps): ConnectorSources {
  const { configFile, serverRegistry, logger, clock } = options;
  const { onLocal, onLoad, ...rest } = deps;
  const map = withMap(options);
  const mapDeps: SourceDeps = {
    ...rest,
    onAlarm: recordAlarm,
    onRefresh: recordRefresh,
    onLoad(report, outcome) {
      recordLoad(report, outcome);
      onLoad(report);
    },
  };
  const localDeps = { logger, now: () => clock.now(), onEntries: () => onLocal(sources.localEntries()) };
  const sources = new ConnectorSources(
    map === null ? [] : [new ServiceMapSource(map, mapDeps)],
    configFile === null ? null : new LocalSource(configFile, localDeps),
    serverRegistry === null ? null : new RegistrySource(serverRegistry, localDeps),
  );
  return sources;
}

/** Where a manager's connectors are from: service maps, a registry and a local file. Of one id the file's entry wins, then the registry's, then the map's. */
export class ConnectorSources {
  readonly #maps: readonly ServiceMapSource[];
  readonly #file: LocalSource | null;
  readonly #registry: RegistrySource | null;

  constructor(maps: readonly ServiceMapSource[], file: LocalSource | null, registry: RegistrySource | null) {
    this.#maps = maps;
    this.#file = file;
    this.#registry = registry;
  }

  /** The brand of the map; empty without one. */
  get brand(): string {
    return this.#maps[0]?.snapshot.header?.brand ?? '';
  }

  /**
   * Brings all of them up to date; one that fails keeps none of the others from it. Rejects with the error of a map that is not to be had, else with that of
   * a file or a registry that was never read.
   */
  async sync(force: boolean): Promise<void> {
    const local = Promise.all([this.#file?.sync(force), this.#registry?.sync(force)]);
    // Of two failures, the map's is told.
    local.catch(() => {});
    await Promise.all(this.#maps.map((map) => map.sync(force)));
    await local;
  }

  /** Resolves when what is remembered of the maps is in force; it takes a sync to begin. */
  async remembered(): Promise<void> {
    await Promise.all(this.#maps.map(({ remembered }) => remembered));
  }

  /** Whether each of them was had once. */
  get isKnown(): boolean {
    const isLocalRead = this.#file?.isRead !== false && this.#registry?.isRead !== false;
    return isLocalRead && this.#maps.every(({ snapshot }) => snapshot.revision > 0);
  }

  /** Where an enabled connector is; null if there is none of that id. */
  endpointOf(id: string): string | null {
    const entry = this.find(id)?.entry;
    return entry?.status === 'enabled' ? entry.endpoint : null;
  }

  /** Those of the map in its order, then those of the registry, then those of the file. */
  entries(): ConnectorEntry[] {
    const local = this.localEntries();
    return [
      ...without(
        this.#maps.flatMap(({ snapshot }) => snapshot.entries()),
        local,
      ),
      ...local,
    ];
  }

  /** Those that no map says. */
  localEntries(): readonly ConnectorEntry[] {
    const ofFile = this.#file?.entries() ?? [];
    return [...without(this.#registry?.entries() ?? [], ofFile), ...ofFile];
  }

  /** An entry, and as it was sent; undefined if there is none of that id. */
  find(id: string): { readonly entry: ConnectorEntry; readonly source: RawEntry } | undefined {
    const local = this.localEntries().find((entry) => entry.id === id);
    if (local !== undefined) return { entry: local, source: local };
    for (const { snapshot } of this.#maps) {
      const entry = snapshot.entry(id);
      const source = snapshot.source(id);
      if (entry !== undefined && source !== undefined) return { entry, source };
    }
    return undefined;
  }

  /** The state of each connector, `stateOf` telling that of those taken up; the others are about to connect. Null as long as a source was never had. */
  states(stateOf: (id: string) => ConnectorState | undefined): ReadonlyMap<string, ConnectorState> | null {
    if (!this.isKnown) return null;
    const snapshots = this.#maps.map(({ snapshot }) => snapshot);
    const ofMap = (snapshot: Snapshot, id: string): ConnectorState =>
      stateOf(id) ?? (snapshot.isEnabled(id) ? 'connecting' : 'disabled');
    const ofEntry = ({ id, status }: ConnectorEntry): ConnectorState =>
      stateOf(id) ?? (status === 'enabled' ? 'connecting' : 'disabled');
    return new Map([
      ...snapshots.flatMap((snapshot) => snapshot.ids.map((id) => [id, ofMap(snapshot, id)] as const)),
      ...this.localEntries().map((entry) => [entry.id, ofEntry(entry)] as const),
    ]);
  }

  mapStatus(): ServiceMapStatus {
    const [map] = this.#maps;
    return map === undefined ? NO_MAP : viewServiceMap(map);
  }

  configStatus(): LocalConfigStatus | null {
    return this.#file?.status() ?? null;
  }

  registryStatus(): RegistryStatus | null {
    return this.#registry?.status() ?? null;
  }

  observe(): Observation['sources'] {
    return this.#maps.map((map) => map.observe());
  }

  /** Ends what is under way; `reason` becomes its failure. */
  async close(reason: SwitchyardError): Promise<void> {
    this.#file?.close();
    await Promise.all([this.#registry?.close(), ...this.#maps.map((map) => map.close(reason))]);
  }
}

function without(entries: readonly ConnectorEntry[], others: readonly ConnectorEntry[]): readonly ConnectorEntry[] {
  const ids = new Set(others.map(({ id }) => id));
  return ids.size === 0 ? entries : entries.filter(({ id }) => !ids.has(id));
}
