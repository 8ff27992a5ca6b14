import { monotonicMs, raceSignal, settledWithin } from '../../shared/clock.ts';
import type { ConnectorSet } from '../connectors/connector-set.ts';
import { recordSync } from '../observability/instruments.ts';
import { findOpenTelemetry } from '../observability/telemetry/open-telemetry.ts';
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

/**
 * Creates the function that runs a sync. A sync updates first the sources and then their connectors, each until the
 * deadline. `ConnectorProxyManager.sync` documents the contract.
 */
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

/** How long work that is not urgent is postponed, so that the first call after a start is served sooner. */
const QUIET_MS = 100;

/** Postpones work that is not urgent, so that the first call after a start is served sooner. */
export class QuietStart {
  readonly #hurry: PromiseWithResolvers<void> = Promise.withResolvers();
  #hasBegun = false;
  #over: Promise<void> | null = null;

  /** Called when a call waits for the first sync. From then on, {@link rest} waits. */
  begin(): void {
    this.#hasBegun = true;
  }

  /** Ends the pause, because the host has called `sync()` and waits for the map. */
  hurry(): void {
    this.#hurry.resolve();
  }

  /**
   * Resolves after at most {@link QUIET_MS} if a call waits for the first sync and {@link hurry} was not called.
   * Otherwise resolves immediately.
   */
  async rest(): Promise<void> {
    if (!this.#hasBegun) return;
    this.#over ??= settledWithin(this.#hurry.promise, QUIET_MS);
    await this.#over;
  }
}

export interface FirstSyncDeps {
  readonly sync: () => Promise<void>;
  /** Resolves when the remembered maps of an earlier run are in use. Only a sync puts them into use. */
  readonly remembered: () => Promise<void>;
  readonly quiet: QuietStart;
}

/** Runs the first sync when the first caller needs it. */
export class FirstSync {
  readonly #deps: FirstSyncDeps;
  #running: Promise<unknown> | null = null;

  constructor(deps: FirstSyncDeps) {
    this.#deps = deps;
  }

  /**
   * Starts the first sync, if it has not been started. Resolves with the error if the sync fails, otherwise with null.
   * Never rejects.
   */
  run(): Promise<unknown> {
    this.#running ??= this.#start();
    return this.#running;
  }

  /**
   * Starts the first sync, if it has not been started. Resolves when the remembered maps are in use or the sync has
   * ended, whichever comes first.
   */
  async remembered(): Promise<void> {
    await Promise.race([this.run(), this.#deps.remembered()]);
  }

  #start(): Promise<unknown> {
    this.#deps.quiet.begin();
    return this.#deps.sync().then(
      () => null,
      (error: unknown) => error,
    );
  }
}
