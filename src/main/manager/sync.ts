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
 * Creates the function that every sync calls. The function brings first the sources and then their connectors up to
 * date, until the deadline. `ConnectorProxyManager.sync` documents the contract.
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

/** How long other work is postponed in favour of the first call after a start. */
const QUIET_MS = 100;

/** A pause for work that is not urgent, so that the first call after a start is served first. */
export class QuietStart {
  readonly #hurry: PromiseWithResolvers<void> = Promise.withResolvers();
  #hasBegun = false;
  #over: Promise<void> | null = null;

  /** Notes that a call waits for the first sync: {@link rest} pauses from now on. */
  begin(): void {
    this.#hasBegun = true;
  }

  /** Ends all pauses, because the host itself waits for the map. */
  hurry(): void {
    this.#hurry.resolve();
  }

  /**
   * Resolves at once if no call waits or the host itself waits for the map; otherwise after at most {@link QUIET_MS}.
   */
  async rest(): Promise<void> {
    if (!this.#hasBegun) return;
    this.#over ??= settledWithin(this.#hurry.promise, QUIET_MS);
    await this.#over;
  }
}

export interface FirstSyncDeps {
  readonly sync: () => Promise<void>;
  /** Resolves when the maps of an earlier run are in force. Only a sync puts them in force. */
  readonly remembered: () => Promise<void>;
  readonly quiet: QuietStart;
}

/** The first sync, started by the first caller that needs it. */
export class FirstSync {
  readonly #deps: FirstSyncDeps;
  #running: Promise<unknown> | null = null;

  constructor(deps: FirstSyncDeps) {
    this.#deps = deps;
  }

  /** Starts the sync unless it has been started. Resolves with the error of a failed sync, or null; never rejects. */
  run(): Promise<unknown> {
    this.#running ??= this.#start();
    return this.#running;
  }

  /**
   * Starts the sync unless it has been started. Resolves when the remembered maps are in force, at the latest when the
   * sync ends.
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
