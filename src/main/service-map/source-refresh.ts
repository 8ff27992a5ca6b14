import { asSwitchyardError, ConnectorManifestError, fromWireError, type SwitchyardError } from '../../shared/errors.ts';
import { MAX_RETRY_AFTER_MS } from '../../shared/net/retry-after.ts';
import type { AcquiredBody } from '../../shared/protocol/thread-messages.ts';
import type { MapOptions } from '../options/map-options.ts';
import type { ResolvedOptions } from '../options/options.ts';
import type { CurrentMap } from './current-map.ts';
import type { CurrentMapDeps } from './current-map-deps.ts';
import type { LoadOutcome } from './loading/collect-load.ts';
import { CircuitBreaker, type CircuitState } from './refresh/circuit-breaker.ts';
import type { RefreshKind, RefreshOutcome } from './refresh/refresh-outcome.ts';
import { retry } from './refresh/retry.ts';

/** Why a refresh failed, and when, in epoch milliseconds. */
export interface SourceFailure {
  readonly code: string;
  readonly message: string;
  readonly at: number;
}

/** The outcome of a refresh after all its attempts. */
type RefreshResult = 'loaded' | 'unchanged' | 'failed';

/** Dependencies of refreshes, other than the options of their source. */
export interface RefreshDeps
  extends Pick<CurrentMapDeps, 'clock' | 'elapsedMs' | 'logger'>,
    Pick<ResolvedOptions, 'sleep'> {
  /** Called at the end of each refresh. `code` is the code of a failure, else null. */
  readonly onRefresh: (result: RefreshResult, code: string | null) => void;
}

const ATTEMPT_DELAYS_MS = [50, 100];
const CIRCUIT = { threshold: 3, resetMs: 60_000 };

/**
 * The refreshes of one source. Only one runs at a time, and all callers share it. Nothing else changes the map during a
 * refresh.
 */
export class SourceRefresh {
  readonly #options: MapOptions;
  readonly #deps: RefreshDeps;
  readonly #map: CurrentMap;
  readonly #breaker: CircuitBreaker;
  readonly #closing = new AbortController();
  #flight: Promise<RefreshOutcome> | null = null;
  /** Other work on the map, such as accepting a map from the fleet. */
  #work: Promise<unknown> | null = null;
  #lastError: SourceFailure | null = null;
  /** When a pause that the server requested ends, in milliseconds of `elapsedMs`. */
  #pausedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: MapOptions, deps: RefreshDeps, map: CurrentMap) {
    this.#options = options;
    this.#deps = deps;
    this.#map = map;
    this.#breaker = new CircuitBreaker({ ...CIRCUIT, now: deps.elapsedMs });
  }

  /** Aborts when the source closes. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  get circuit(): CircuitState {
    return this.#breaker.state;
  }

  /** The failure of the last refresh; null after a successful refresh. */
  get lastError(): SourceFailure | null {
    return this.#lastError;
  }

  /** Milliseconds that are left of a pause that the server requested; 0 or less if there is no pause. */
  get pauseMs(): number {
    // The clock that the host gave may be set back, so the pause is limited.
    return Math.min(MAX_RETRY_AFTER_MS, this.#pausedUntilMs - this.#deps.elapsedMs());
  }

  /** Requests the map, or joins the refresh in flight. Never rejects. */
  refresh(kind: RefreshKind = 'refresh'): Promise<RefreshOutcome> {
    this.#flight ??= this.#refreshOnce(kind).finally(() => {
      this.#flight = null;
    });
    return this.#flight;
  }

  /** Verifies and serves a map from the fleet, as `CurrentMap.take` does. An accepted map clears `lastError`. */
  async take(read: () => Promise<AcquiredBody>): Promise<LoadOutcome> {
    const outcome = await this.alone(() => this.#map.take(read, this.closing));
    if (outcome.kind === 'loaded') this.#lastError = null;
    return outcome;
  }

  /** Confirms the current map, because the fleet says that the source still serves this map. */
  vouch(): void {
    this.#map.vouch();
    this.#lastError = null;
  }

  /** Runs `work` on the map, after other work in progress has ended. Refreshes wait until `work` has ended. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    for (let busy = this.#busy(); busy !== null; busy = this.#busy()) await busy;
    const running = work();
    const settled = running.then(
      () => {},
      () => {},
    );
    this.#work = settled;
    try {
      return await running;
    } finally {
      if (this.#work === settled) this.#work = null;
    }
  }

  /** Returns the error that says why no request is sent at the moment. */
  blocked(): ConnectorManifestError {
    return this.pauseMs > 0 ? this.#pausedError(this.pauseMs) : this.#circuitOpenError();
  }

  /** Cancels the refresh in flight, which then fails with `reason`. */
  async close(reason: SwitchyardError): Promise<void> {
    this.#closing.abort(reason);
    await this.#flight;
    await this.#work;
  }

  #busy(): Promise<unknown> | null {
    return this.#flight ?? this.#work;
  }

  async #refreshOnce(kind: RefreshKind): Promise<RefreshOutcome> {
    const signal = this.closing;
    while (this.#work !== null) await this.#work;
    const isPoll = kind === 'poll';
    if (!isPoll) this.#map.startRefresh();
    let result: 'loaded' | 'unchanged';
    try {
      const outcome = await retry(() => this.#map.load(signal, !isPoll), {
        delayMs: (attempt, retries) => this.#delayMs(attempt, isPoll ? Number.POSITIVE_INFINITY : retries),
        sleep: this.#deps.sleep,
        signal,
      });
      if (outcome.kind === 'failed') throw fromWireError(outcome.error, ConnectorManifestError);
      result = outcome.kind;
      this.#deps.onRefresh(result, null);
    } catch (error) {
      return this.#failed(signal.aborted ? signal.reason : asSwitchyardError(error), isPoll);
    }
    this.#breaker.succeed();
    this.#lastError = null;
    return { ok: true, kind: result };
  }

  /**
   * Returns the milliseconds before the next attempt, or null if no attempt follows. The server may request a longer
   * delay. If that delay exceeds the timeout of a request, no attempt follows.
   */
  #delayMs(result: LoadOutcome, retries: number): number | null {
    const delayMs = ATTEMPT_DELAYS_MS[retries - 1];
    if (result.kind !== 'failed') return null;
    const wantedMs = Number(result.error.detail.retryAfterMs ?? 0);
    if (delayMs !== undefined && wantedMs <= this.#options.limits.timeoutMs) return Math.max(delayMs, wantedMs);
    // Setting the host's own clock back must not create a pause that the server did not ask for.
    this.#pausedUntilMs = wantedMs > 0 ? this.#deps.elapsedMs() + wantedMs : Number.NEGATIVE_INFINITY;
    return null;
  }

  #failed(error: SwitchyardError, isPoll: boolean): RefreshOutcome {
    if (this.#closing.signal.aborted) return { ok: false, error, opened: false };
    const { code, message } = error;
    // A poll that fails with the same code as the last one is not logged again.
    const isTold = isPoll && this.#lastError?.code === code;
    this.#lastError = { code, message, at: this.#deps.clock.now() };
    const rest = this.#map.freshness === 'none' ? 'and there is no map' : 'so the last good service map stays in use';
    if (!isTold) {
      this.#deps.logger.warn(
        { event: 'map-refresh-failed', sourceId: this.#options.id, code, err: error },
        `The service map was not refreshed, ${rest}: ${message}`,
      );
    }
    this.#deps.onRefresh('failed', code);
    return { ok: false, error, opened: this.#breaker.fail() };
  }

  #pausedError(pauseMs: number): ConnectorManifestError {
    const message = `The map server asked to wait ${Math.ceil(pauseMs / 1000)} s before the next request.`;
    return new ConnectorManifestError('MAP_RATE_LIMITED', message, { detail: { retryAfterMs: Math.ceil(pauseMs) } });
  }

  #circuitOpenError(): ConnectorManifestError {
    const why = `After ${this.#breaker.failures} failed refreshes in a row`;
    const message = `${why}, no request for the service map is sent for a minute.`;
    return new ConnectorManifestError(
      'CIRCUIT_OPEN',
      this.#lastError === null ? message : `${message} The last failure: ${this.#lastError.message}`,
    );
  }
}
