import type { ResolvedOptions } from '../options/options.ts';
import { RefreshScheduler } from '../service-map/refresh/refresh-scheduler.ts';
import type { ServiceMapSource } from '../service-map/service-map-source.ts';
import type { ConnectorSources } from '../sources/connector-sources.ts';

/** The least time between two readings of a tool list that nothing asks for. */
const MIN_RELIST_MS = 1_000;

/** Everything that happens in the background: each map by a schedule of its own, and the upkeep of local files and of connectors that are down by another. */
export class RefreshSchedules {
  readonly #maps: ReadonlyMap<string, RefreshScheduler>;
  readonly #all: readonly RefreshScheduler[];

  /** `upkeep` is done about once an interval. */
  constructor(options: ResolvedOptions, sources: ConnectorSources, upkeep: () => Promise<void>) {
    const { logger, random, featureFlags } = options;
    const shared = { logger, random, isSpread: true };
    this.#maps = new Map(
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
    this.#all = [...this.#maps.values(), new RefreshScheduler({ ...shared, intervalMs, onRefresh: upkeep })];
  }

  start(): void {
    for (const scheduler of this.#all) scheduler.start();
  }

  stop(): void {
    for (const scheduler of this.#all) scheduler.stop();
  }

  /** A map is in force for so long: it is asked for well before that is over. */
  holdsFor(sourceId: string, ms: number): void {
    this.#maps.get(sourceId)?.holdsFor(ms);
  }
}

/** Milliseconds until a tool list is read anew, about an interval; null where nothing happens in the background. */
export function relistAfterMs({ featureFlags, random }: ResolvedOptions): number | null {
  if (!featureFlags.asyncRefresh) return null;
  return Math.max(MIN_RELIST_MS, featureFlags.refreshIntervalMs * (0.8 + 0.4 * random.next()));
}

async function refresh(map: ServiceMapSource, scheduler: RefreshScheduler): Promise<void> {
  try {
    await map.sync(true);
  } catch (error) {
    // There is no map to serve: it is asked for again sooner than an interval from now.
    scheduler.holdsFor(0);
    throw error;
  }
}
