import type { SwitchyardError } from '../shared/errors.ts';
import type { LoadReport } from '../shared/protocol.ts';
import type { ConnectorEntry, RawEntry } from '../shared/service-map.ts';
import type { ConnectorState } from './connectors/connector-state.ts';
import { type LocalConfigStatus, LocalSource } from './local-config/local-source.ts';
import { NO_MAP, type ServiceMapStatus, viewServiceMap } from './manager-status.ts';
import { recordAlarm, recordLoad, recordRefresh } from './metrics/instruments.ts';
import type { Observation } from './metrics/observed-gauges.ts';
import { type ResolvedOptions, withMap } from './options.ts';
import { ServiceMapSource, type SourceDeps } from './service-map/service-map-source.ts';
import type { Snapshot } from './snapshot/snapshot.ts';

/** What sources need, and whom they tell. */
export interface SourcesDeps extends Pick<SourceDeps, 'loader' | 'memory' | 'onSnapshot'> {
  readonly onLocal: (entries: readonly ConnectorEntry[]) => void;
  readonly onLoad: (report: LoadReport) => void;
}

/** The sources that these options name: a map, a local file, or both. */
export function createSources(options: ResolvedOptions, deps: SourcesDeps): ConnectorSources {
  const { configFile, logger, clock } = options;
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
  return new ConnectorSources(
    map === null ? [] : [new ServiceMapSource(map, mapDeps)],
    configFile === null ? null : new LocalSource(configFile, { logger, now: () => clock.now(), onEntries: onLocal }),
  );
}

/** Where a manager's connectors are from: service maps, and a local file whose entries win over those. */
export class ConnectorSources {
  readonly #maps: readonly ServiceMapSource[];
  readonly #local: LocalSource | null;

  constructor(maps: readonly ServiceMapSource[], local: LocalSource | null) {
    this.#maps = maps;
    this.#local = local;
  }

  /** The brand of the map; empty without one. */
  get brand(): string {
    return this.#maps[0]?.snapshot.header?.brand ?? '';
  }

  /**
   * Brings all of them up to date; one that fails keeps none of the others from it. Rejects with the error of a map that is not to be had, else with that of
   * a file that was never read.
   */
  async sync(force: boolean): Promise<void> {
    const local = this.#local?.sync(force);
    // Of two failures, the map's is told.
    local?.catch(() => {});
    await Promise.all(this.#maps.map((map) => map.sync(force)));
    await local;
  }

  /** Resolves when what is remembered of the maps is in force; it takes a sync to begin. */
  async remembered(): Promise<void> {
    await Promise.all(this.#maps.map(({ remembered }) => remembered));
  }

  /** Whether each of them was had once. */
  get isKnown(): boolean {
    return this.#maps.every(({ snapshot }) => snapshot.revision > 0) && this.#local?.isRead !== false;
  }

  /** Where an enabled connector is; null if there is none of that id. */
  endpointOf(id: string): string | null {
    const entry = this.find(id)?.entry;
    return entry?.status === 'enabled' ? entry.endpoint : null;
  }

  /** Those of the map in its order, then those of the file. */
  entries(): ConnectorEntry[] {
    const local = this.#local?.entries() ?? [];
    const own = new Set(local.map(({ id }) => id));
    const ofMaps = this.#maps.flatMap(({ snapshot }) => snapshot.entries());
    return [...(own.size === 0 ? ofMaps : ofMaps.filter(({ id }) => !own.has(id))), ...local];
  }

  /** An entry, and as it was sent; undefined if there is none of that id. */
  find(id: string): { readonly entry: ConnectorEntry; readonly source: RawEntry } | undefined {
    const local = this.#local?.entries().find((entry) => entry.id === id);
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
    const ofFile = ({ id, status }: ConnectorEntry): ConnectorState =>
      stateOf(id) ?? (status === 'enabled' ? 'connecting' : 'disabled');
    return new Map([
      ...snapshots.flatMap((snapshot) => snapshot.ids.map((id) => [id, ofMap(snapshot, id)] as const)),
      ...(this.#local?.entries() ?? []).map((entry) => [entry.id, ofFile(entry)] as const),
    ]);
  }

  mapStatus(): ServiceMapStatus {
    const [map] = this.#maps;
    return map === undefined ? NO_MAP : viewServiceMap(map);
  }

  configStatus(): LocalConfigStatus | null {
    return this.#local?.status() ?? null;
  }

  observe(): Observation['sources'] {
    return this.#maps.map((map) => map.observe());
  }

  /** Ends what is under way; `reason` becomes its failure. */
  async close(reason: SwitchyardError): Promise<void> {
    this.#local?.close();
    await Promise.all(this.#maps.map((map) => map.close(reason)));
  }
}
