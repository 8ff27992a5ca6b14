import type { ResolvedOptions } from '../options/options.ts';
import { RefreshScheduler } from '../service-map/refresh/refresh-scheduler.ts';
import type { ServiceMapSource } from '../service-map/service-map-source.ts';
import type { ConnectorSources } from '../sources/connector-sources.ts';

/** The shortest time between two background reads of a connector's tool list. */
const MIN_RELIST_MS = 1_000;

/**
 * The schedules for the background work of a manager. Each map has its own schedule. One more schedule reads local
 * files again and retries connectors that are down.
 */
export class RefreshSchedules {
  readonly #maps: readonly ServiceMapSource[];
  readonly #byId: ReadonlyMap<string, RefreshScheduler>;
  readonly #upkeep: RefreshScheduler;

  /** Creates the schedules without starting them. `upkeep` runs about once per refresh interval. */
  constructor(options: ResolvedOptions, sources: ConnectorSources, upkeep: () => Promise<void>) {
    const { logger, random, featureFlags } = options;
    const shared = { logger, random, isSpread: true };
    this.#maps = sources.maps;
    this.#byId = new Map(
      sources.maps.map((map) => {
        const { id, refreshIntervalMs: intervalMs } = map.options;
        const scheduler: RefreshScheduler = new RefreshScheduler({
          ...{ ...shared, intervalMs, sourceId: id },
          onRefresh: () => refresh(map, scheduler),
        });
        return [id, scheduler];
      }),
    );
    const intervalMs = featureFlags.refreshIntervalMs;
    // Ensures that the schedule of a map fetches a new one well before the map expires.
    sources.events.on('fresh', (sourceId, validForMs) => this.#byId.get(sourceId)?.holdsFor(validForMs));
    sources.events.on('alone', (sourceId, isAlone) => {
      if (isAlone) this.#byId.get(sourceId)?.start();
      else this.#byId.get(sourceId)?.stop();
    });
    this.#upkeep = new RefreshScheduler({ ...shared, intervalMs, onRefresh: upkeep });
  }

  /**
   * Starts the schedules. If a fleet provides a map, the schedule of that map starts only while the fleet does not
   * answer.
   */
  start(): void {
    for (const map of this.#maps) if (!map.follow()) this.#byId.get(map.options.id)?.start();
    this.#upkeep.start();
  }

  stop(): void {
    for (const scheduler of [...this.#byId.values(), this.#upkeep]) scheduler.stop();
  }
}

/**
 * Returns after how many milliseconds a connector's tool list is read again, which is about one refresh interval. Null
 * if background refresh is off.
 */
export function relistAfterMs({ featureFlags, random }: ResolvedOptions): number | null {
  if (!featureFlags.asyncRefresh) return null;
  return Math.max(MIN_RELIST_MS, featureFlags.refreshIntervalMs * (0.8 + 0.4 * random.next()));
}

async function refresh(map: ServiceMapSource, scheduler: RefreshScheduler): Promise<void> {
  try {
    await map.sync(true);
  } catch (error) {
    // Without a map to serve, the next attempt must come sooner than after a whole interval.
    scheduler.holdsFor(0);
    throw error;
  }
}
