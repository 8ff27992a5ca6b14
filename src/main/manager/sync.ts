import { monotonicMs, raceSignal, settledWithin } from '../../shared/clock.ts';
import type { ConnectorSet } from '../connectors/connector-set.ts';
import { recordSync } from '../observability/instruments.ts';
import { findOpenTelemetry } from '../observability/open-telemetry.ts';
import { traced } from '../observability/trace.ts';
import type { ConnectorSources } from '../sources/connector-sources.ts';
import type { MapMemory } from '../state-dir/map-memory.ts';

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

/** How long the first call of a start has the machine for itself. */
const REST_MS = 100;

/** The first sync, begun by whoever needs it first. */
export class FirstSync {
  readonly #sync: () => Promise<void>;
  readonly #remembered: () => Promise<void>;
  readonly #hurry: PromiseWithResolvers<void> = Promise.withResolvers();
  #running: Promise<unknown> | null = null;
  #rested: Promise<void> | null = null;

  /** `remembered` resolves when what an earlier run left is in force; it takes a sync to begin. */
  constructor(sync: () => Promise<void>, remembered: () => Promise<void>) {
    this.#sync = sync;
    this.#remembered = remembered;
  }

  /** Has it begin, unless it has. Resolves with what it failed with, or null; never rejects. */
  run(): Promise<unknown> {
    this.#running ??= this.#sync().then(
      () => null,
      (error: unknown) => error,
    );
    return this.#running;
  }

  /** Somebody waits for the map itself. */
  hurry(): void {
    this.#hurry.resolve();
  }

  /** Resolves at once where somebody waits for the map; else a moment later, so that the call which had it begin is served first. */
  async rest(): Promise<void> {
    if (this.#running === null) return;
    this.#rested ??= settledWithin(this.#hurry.promise, REST_MS);
    await this.#rested;
  }

  /** Has it begin, unless it has. Resolves when what is remembered is in force, at the latest when it has come to its end. */
  async remembered(): Promise<void> {
    await Promise.race([this.run(), this.#remembered()]);
  }
}
