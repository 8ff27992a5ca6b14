import { monotonicMs, raceSignal, settledWithin } from '../shared/clock.ts';
import type { ConnectorSources } from './connector-sources.ts';
import type { ConnectorSet } from './connectors/connector-set.ts';
import { recordSync } from './metrics/instruments.ts';
import type { MapMemory } from './service-map/map-memory.ts';
import { findOpenTelemetry } from './tracing/open-telemetry.ts';
import { traced } from './tracing/trace.ts';

export interface SyncDeps {
  readonly sources: ConnectorSources;
  readonly connectors: ConnectorSet;
  readonly maps: MapMemory;
  readonly syncDeadlineMs: number;
  /** Aborts with CLOSED when the manager closes. */
  readonly closed: AbortSignal;
}

/** The one way to sync: sources first, then their connectors, for as long as the deadline allows. Its contract is that of `ConnectorProxyManager.sync`. */
export function createSync({ sources, connectors, maps, syncDeadlineMs, closed }: SyncDeps) {
  const sync = async (force: boolean): Promise<void> => {
    await sources.sync(force, syncDeadlineMs);
    if (force) connectors.refresh();
    await settledWithin(Promise.all([connectors.settled(), maps.flushed()]), syncDeadlineMs);
  };
  return async (force: boolean): Promise<void> => {
    closed.throwIfAborted();
    const startedMs = monotonicMs();
    try {
      await findOpenTelemetry();
      await traced('sync', 'connector sync', { force }, () => raceSignal(sync(force), closed));
      recordSync(monotonicMs() - startedMs, 'ok');
    } catch (error) {
      recordSync(monotonicMs() - startedMs, 'error');
      throw error;
    }
  };
}
