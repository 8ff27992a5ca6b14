import { asSwitchyardError, ConnectorManifestError, fromWireError, type SwitchyardError } from '../../shared/errors.ts';
import { MAX_RETRY_AFTER_MS } from '../../shared/net/retry-after.ts';
import type { Observation } from '../observability/observed-gauges.ts';
import type { MapOptions } from '../options/map-options.ts';
import { shownMapUrl } from '../options/map-url.ts';
import type { ResolvedOptions } from '../options/options.ts';
import { CurrentMap } from './current-map.ts';
import type { CurrentMapDeps } from './current-map-deps.ts';
import type { LoadOutcome } from './loading/collect-load.ts';
import { CircuitBreaker, type CircuitState } from './refresh/circuit-breaker.ts';
import { retry } from './refresh/retry.ts';
import { decideSync, type Freshness, rejectsOnFailure } from './refresh/sync-decision.ts';
import type { Snapshot } from './snapshot.ts';
import { type MapTrustStatus, observedTrust } from './trust/map-trust-status.ts';

/** What a source says of itself. */
export interface SourceStatus extends MapTrustStatus {
  /** As in `sources`; `default` for that of `serviceMapUrl`. */
  readonly sourceId: string;
  /** Without its query, which may hold a token. */
  readonly url: string;
  readonly freshness: Freshness;
  /** How long ago the map was generated, in milliseconds; null without a map. */
  readonly ageMs: number | null;
  /** Since when the map has been expired, epoch ms; null while it is valid, and without one. */
  readonly staleSince: number | null;
  readonly circuit: CircuitState;
  /** Until when the server asked not to be asked, epoch ms; null if it did not. */
  readonly pausedUntil: number | null;
  /** The failure of the last refresh; null after one that succeeded. */
  readonly lastError: SourceFailure | null;
}

/** Why a refresh failed, and when (epoch ms). */
export interface SourceFailure {
  readonly code: string;
  readonly message: string;
  readonly at: number;
}

/** What came of a refresh, all its attempts together. */
type RefreshResult = 'loaded' | 'unchanged' | 'failed';

/** What a source needs besides its options. */
export interface SourceDeps extends CurrentMapDeps, Pick<ResolvedOptions, 'sleep'> {
  /** Called at the end of each refresh; `code` is null unless it failed. */
  readonly onRefresh: (result: RefreshResult, code: string | null) => void;
}

type RefreshOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly error: SwitchyardError; readonly opened: boolean };

const ATTEMPT_DELAYS_MS = [50, 100];
const CIRCUIT = { threshold: 3, resetMs: 60_000 };

/** One service map: when to ask for it, and what to do when that fails. One refresh at a time, shared by all who ask. */
export class ServiceMapSource {
  readonly #options: MapOptions;
  readonly #deps: SourceDeps;
  readonly #map: CurrentMap;
  readonly #breaker: CircuitBreaker;
  readonly #closing = new AbortController();
  #flight: Promise<RefreshOutcome> | null = null;
  #lastError: SourceFailure | null = null;
  /** Until when the server asked not to be asked, on the clock of `elapsedMs`. */
  #pausedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: MapOptions, deps: SourceDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#map = new CurrentMap(options, deps);
    this.#breaker = new CircuitBreaker({ ...CIRCUIT, now: deps.elapsedMs });
  }

  /** Resolves when what is remembered of the map is in force, or is known to be nothing; it takes a sync to begin. */
  get remembered(): Promise<void> {
    return this.#map.remembered;
  }

  get options(): MapOptions {
    return this.#options;
  }

  /** The last accepted map. */
  get snapshot(): Snapshot {
    return this.#map.snapshot;
  }

  /**
   * Sees to it that the map is current, by the table of sync-decision.ts. Where that says so, rejects with a
   * ConnectorManifestError whose `code` and `cause` are those of the last attempt.
   */
  async sync(force: boolean): Promise<void> {
    const pauseMs = this.#pauseMs();
    const blocked = (): ConnectorManifestError => (pauseMs > 0 ? this.#pausedError(pauseMs) : this.#circuitOpenError());
    switch (decideSync(this.#map.freshness, force, pauseMs > 0 ? 'paused' : this.#breaker.state)) {
      case 'serve':
        return;
      case 'serve-stale':
        this.#warnStale(blocked());
        return;
      case 'reject':
        throw blocked();
      case 'ask':
        this.#settle(await this.#refresh(), force);
    }
  }

  status(): SourceStatus {
    // Asked first: a map that is too old is dropped by it.
    const { freshness } = this.#map;
    return {
      sourceId: this.#options.id,
      url: shownMapUrl(this.#options.url),
      freshness,
      ...this.#ages(),
      ...this.#map.trustStatus(),
      circuit: this.#breaker.state,
      pausedUntil: this.#pauseMs() > 0 ? Math.round(this.#deps.clock.now() + this.#pauseMs()) : null,
      lastError: this.#lastError,
    };
  }

  /** What metrics show of it. */
  observe(): Observation['sources'][number] {
    const { header, generatedAtMs, expiresAtMs } = this.snapshot;
    return {
      unusableEntries: this.snapshot.unusable.size,
      nowMs: this.#deps.clock.now(),
      generatedAtMs: header === null ? null : generatedAtMs,
      expiresAtMs: header === null ? null : expiresAtMs,
      ...observedTrust(this.#map.trustStatus()),
      circuit: this.#breaker.state,
    };
  }

  /** Cancels the refresh under way; `reason` becomes its failure. */
  async close(reason: SwitchyardError): Promise<void> {
    this.#closing.abort(reason);
    this.#map.close();
    await this.#flight;
  }

  #ages(): Pick<SourceStatus, 'ageMs' | 'staleSince'> {
    const { header, generatedAtMs, expiresAtMs } = this.snapshot;
    if (header === null) return { ageMs: null, staleSince: null };
    const nowMs = this.#deps.clock.now();
    return { ageMs: Math.max(0, nowMs - generatedAtMs), staleSince: nowMs < expiresAtMs ? null : expiresAtMs };
  }

  #settle(outcome: RefreshOutcome, force: boolean): void {
    if (outcome.ok) return;
    if (this.#closing.signal.aborted || rejectsOnFailure(this.#map.freshness, force, outcome.opened))
      throw outcome.error;
  }

  #refresh(): Promise<RefreshOutcome> {
    this.#flight ??= this.#refreshOnce().finally(() => {
      this.#flight = null;
    });
    return this.#flight;
  }

  async #refreshOnce(): Promise<RefreshOutcome> {
    const { signal } = this.#closing;
    this.#map.startRefresh();
    try {
      const outcome = await retry(() => this.#map.load(signal), {
        delayMs: (result, retries) => this.#delayMs(result, retries),
        sleep: this.#deps.sleep,
        signal,
      });
      if (outcome.kind === 'failed') throw fromWireError(outcome.error, ConnectorManifestError);
      this.#deps.onRefresh(outcome.kind, null);
    } catch (error) {
      return this.#failed(signal.aborted ? signal.reason : asSwitchyardError(error));
    }
    this.#breaker.succeed();
    this.#lastError = null;
    return { ok: true };
  }

  /** The pause before the next attempt, which the server may lengthen; null where there is none, or it wants more than we wait for. */
  #delayMs(result: LoadOutcome, retries: number): number | null {
    const delayMs = ATTEMPT_DELAYS_MS[retries - 1];
    if (result.kind !== 'failed') return null;
    const wantedMs = Number(result.error.detail.retryAfterMs ?? 0);
    if (delayMs !== undefined && wantedMs <= this.#options.limits.timeoutMs) return Math.max(delayMs, wantedMs);
    // A caller's clock that is set back must not turn no pause into one.
    this.#pausedUntilMs = wantedMs > 0 ? this.#deps.elapsedMs() + wantedMs : Number.NEGATIVE_INFINITY;
    return null;
  }

  #pauseMs(): number {
    // A caller's clock may be set back.
    return Math.min(MAX_RETRY_AFTER_MS, this.#pausedUntilMs - this.#deps.elapsedMs());
  }

  #failed(error: SwitchyardError): RefreshOutcome {
    if (this.#closing.signal.aborted) return { ok: false, error, opened: false };
    this.#lastError = { code: error.code, message: error.message, at: this.#deps.clock.now() };
    const { code, message } = error;
    const rest = this.#map.freshness === 'none' ? 'there is none to serve' : 'the last good one stays in force';
    this.#deps.logger.warn(
      { event: 'map-refresh-failed', sourceId: this.#options.id, code, err: error },
      `The service map was not refreshed, ${rest}: ${message}`,
    );
    this.#deps.onRefresh('failed', code);
    return { ok: false, error, opened: this.#breaker.fail() };
  }

  #warnStale(error: SwitchyardError): void {
    this.#deps.logger.warn(
      { event: 'map-stale', sourceId: this.#options.id, code: error.code, err: error },
      `Serving the last good service map: ${error.message}`,
    );
  }

  #pausedError(pauseMs: number): ConnectorManifestError {
    const message = `The server of the service map asked to wait; it is asked again in ${Math.ceil(pauseMs / 1000)} s.`;
    return new ConnectorManifestError('MAP_RATE_LIMITED', message, { detail: { retryAfterMs: Math.ceil(pauseMs) } });
  }

  #circuitOpenError(): ConnectorManifestError {
    const message = `No request for the service map is sent for a minute after ${this.#breaker.failures} failed refreshes in a row.`;
    return new ConnectorManifestError(
      'CIRCUIT_OPEN',
      this.#lastError === null ? message : `${message} The last failure: ${this.#lastError.message}`,
    );
  }
}
