import type { ResolvedOptions } from '../options/options.ts';
import { RefreshScheduler } from '../service-map/refresh/refresh-scheduler.ts';
import type { ServiceMapSource } from '../service-map/service-map-source.ts';
import type { ConnectorSources } from '../sources/connector-sources.ts';

/** The shortest time between two background reads of a tool list. */
const MIN_RELIST_MS = 1_000;

/**
 * The background work of a manager. Each map has its own schedule. One more schedule maintains local files and retries
 * connectors that are down.
 */
export class RefreshSchedules {
  readonly #maps: readonly ServiceMapSource[];
  readonly #byId: ReadonlyMap<string, RefreshScheduler>;
  readonly #upkeep: RefreshScheduler;

  /** After `start`, runs `upkeep` about once per interval. */
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
    // A map is fetched again well before it expires.
    sources.events.on('fresh', (sourceId, validForMs) => this.#byId.get(sourceId)?.holdsFor(validForMs));
    sources.events.on('alone', (sourceId, isAlone) => {
      if (isAlone) this.#byId.get(sourceId)?.start();
      else this.#byId.get(sourceId)?.stop();
    });
    this.#upkeep = new RefreshScheduler({ ...shared, intervalMs, onRefresh: upkeep });
  }

  /** Starts the schedules. The schedule of a map that a fleet provides starts only when the fleet is silent. */
  start(): void {
    for (const map of this.#maps) if (!map.follow()) this.#byId.get(map.options.id)?.start();
    this.#upkeep.start();
  }

  stop(): void {
    for (const scheduler of [...this.#byId.values(), this.#upkeep]) scheduler.stop();
  }
}

/** Returns the milliseconds until a tool list is read again, about one interval; null if background refresh is off. */
export function relistAfterMs({ featureFlags, random }: ResolvedOptions): number | null {
  if (!featureFlags.asyncRefresh) return null;
  return Math.max(MIN_RELIST_MS, featureFlags.refreshIntervalMs * (0.8 + 0.4 * random.next()));
}

async function refresh(map: ServiceMapSource, scheduler: RefreshScheduler): Promise<void> {
  try {
    await map.sync(true);
  } catch (error) {
    // There is no map to serve, so the next attempt must not wait for a whole interval.
    scheduler.holdsFor(0);
    throw error;
  }
}
