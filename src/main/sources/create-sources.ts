import type { LoadReport } from '../../shared/protocol/thread-messages.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { GivenSource } from '../local-config/given-source.ts';
import { LocalSource } from '../local-config/local-source.ts';
import { recordAlarm, recordLoad, recordRefresh } from '../observability/instruments.ts';
import type { MapOptions } from '../options/map-options.ts';
import type { ResolvedOptions } from '../options/options.ts';
import { RegistrySource } from '../registry/registry-source.ts';
import type { CurrentMapDeps } from '../service-map/current-map-deps.ts';
import { ServiceMapSource } from '../service-map/service-map-source.ts';
import { ConnectorSources } from './connector-sources.ts';
import { SourceEvents } from './source-events.ts';

export interface SourcesDeps extends Pick<CurrentMapDeps, 'loader' | 'memory'> {
  /** The fleet of this process; null without a fleet. */
  readonly fleet: Fleet | null;
  /** Called after each load of a map, successful or failed. */
  readonly onLoad: (report: LoadReport) => void;
}

/** Creates the sources that these options configure. */
export function createSources(options: ResolvedOptions, deps: SourcesDeps): ConnectorSources {
  const { configFiles, configDigests, serverRegistry, givenServers, logger, clock } = options;
  const events = new SourceEvents();
  const localDeps = { logger, now: () => clock.now(), onEntries: () => void events.emit('read') };
  return new ConnectorSources(
    options.maps.map((map) => createMapSource(map, options, deps, events)),
    {
      file:
        configFiles.length === 0 ? null : new LocalSource(configFiles, { ...localDeps, trustedDigests: configDigests }),
      registry: serverRegistry === null ? null : new RegistrySource(serverRegistry, localDeps),
      given: givenServers.length === 0 ? null : new GivenSource(givenServers, localDeps),
    },
    events,
  );
}

function createMapSource(
  map: MapOptions,
  options: ResolvedOptions,
  { loader, memory, fleet, onLoad }: SourcesDeps,
  events: SourceEvents,
): ServiceMapSource {
  const { clock, elapsedMs, sleep, random, logger, network } = options;
  let brand: string | null = null;
  return new ServiceMapSource(map, {
    ...{ clock, elapsedMs, sleep, random, logger, network, loader, memory, fleet },
    onSnapshot(snapshot, delta) {
      const before = brand;
      brand = snapshot.header?.brand ?? null;
      events.emit('map', { sourceId: map.id, snapshot, delta, isRebranded: before !== null && before !== brand });
    },
    onFresh: (validForMs) => void events.emit('fresh', map.id, validForMs),
    onAlone: (isAlone) => void events.emit('alone', map.id, isAlone),
    onAlarm: recordAlarm,
    onRefresh: recordRefresh,
    onLoad(report, outcome) {
      recordLoad(report, outcome);
      onLoad(report);
    },
  });
}
