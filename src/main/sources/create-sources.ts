import type { LoadReport } from '../../shared/protocol/protocol.ts';
import { LocalSource } from '../local-config/local-source.ts';
import { recordAlarm, recordLoad, recordRefresh } from '../observability/instruments.ts';
import type { MapOptions } from '../options/map-options.ts';
import type { ResolvedOptions } from '../options/options.ts';
import { RegistrySource } from '../registry/registry-source.ts';
import type { CurrentMapDeps } from '../service-map/current-map.ts';
import { ServiceMapSource } from '../service-map/service-map-source.ts';
import type { Snapshot } from '../service-map/snapshot.ts';
import { ConnectorSources } from './connector-sources.ts';

/** What a new map of one source changes. */
export interface MapChange {
  readonly sourceId: string;
  readonly snapshot: Snapshot;
  readonly delta: Parameters<CurrentMapDeps['onSnapshot']>[1];
  /** Whether its brand, which is in every tool's tags, is another one. */
  readonly isRebranded: boolean;
}

/** What sources need, and whom they tell. */
export interface SourcesDeps extends Pick<CurrentMapDeps, 'loader' | 'memory'> {
  readonly onMap: (change: MapChange) => void;
  /** A map is in force for so long. */
  readonly onFresh: (sourceId: string, holdsForMs: number) => void;
  /** File or registry say something else of these connectors. */
  readonly onLocal: (ids: readonly string[]) => void;
  readonly onLoad: (report: LoadReport) => void;
}

/** The sources that these options name. */
export function createSources(options: ResolvedOptions, deps: SourcesDeps): ConnectorSources {
  const { configFiles, serverRegistry, logger, clock } = options;
  const localDeps = { logger, now: () => clock.now(), onEntries: () => deps.onLocal(sources.takeLocal()) };
  const sources = new ConnectorSources(
    options.maps.map((map) => createMapSource(map, options, deps)),
    configFiles.length === 0 ? null : new LocalSource(configFiles, localDeps),
    serverRegistry === null ? null : new RegistrySource(serverRegistry, localDeps),
  );
  return sources;
}

function createMapSource(map: MapOptions, options: ResolvedOptions, deps: SourcesDeps): ServiceMapSource {
  const { clock, elapsedMs, sleep, logger, network } = options;
  const { loader, memory, onMap, onFresh, onLoad } = deps;
  let brand: string | null = null;
  return new ServiceMapSource(map, {
    ...{ clock, elapsedMs, sleep, logger, network, loader, memory },
    onSnapshot(snapshot, delta) {
      const before = brand;
      brand = snapshot.header?.brand ?? null;
      onMap({ sourceId: map.id, snapshot, delta, isRebranded: before !== null && before !== brand });
    },
    onFresh: (holdsForMs) => onFresh(map.id, holdsForMs),
    onAlarm: recordAlarm,
    onRefresh: recordRefresh,
    onLoad(report, outcome) {
      recordLoad(report, outcome);
      onLoad(report);
    },
  });
}
