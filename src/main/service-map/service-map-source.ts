import { asSwitchyardError, ConnectorManifestError, fromWireError, type SwitchyardError } from '../../shared/errors.ts';
import type { ResolvedOptions } from '../options.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { CircuitBreaker, type CircuitState } from './circuit-breaker.ts';
import { CurrentMap, type CurrentMapDeps } from './current-map.ts';
import { retry } from './retry.ts';
import { decideSync, type Freshness, rejectsOnFailure } from './sync-decision.ts';

/** What a source says of itself. */
export interface SourceStatus {
  /** Without its query, which may hold a token. */
  readonly url: string;
  readonly freshness: Freshness;
  readonly circuit: CircuitState;
  /** The failure of the last refresh; null after one that succeeded. */
  readonly lastError: SourceFailure | null;
}

/** Why a refresh failed, and when (epoch ms). */
export interface SourceFailure {
  readonly code: string;
  readonly message: string;
  readonly at: number;
}

type RefreshOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly error: SwitchyardError; readonly opened: boolean };

const ATTEMPT_DELAYS_MS = [50, 100];
const CIRCUIT = { threshold: 3, resetMs: 60_000 };

/** One service map: when to ask for it, and what to do when that fails. One refresh at a time, shared by all who ask. */
export class ServiceMapSource {
  readonly #options: ResolvedOptions;
  readonly #map: CurrentMap;
  readonly #breaker: CircuitBreaker;
  readonly #closing = new AbortController();
  #flight: Promise<RefreshOutcome> | null = null;
  #lastError: SourceFailure | null = null;

  constructor(options: ResolvedOptions, deps: CurrentMapDeps) {
    this.#options = options;
    this.#map = new CurrentMap(options, deps);
    this.#breaker = new CircuitBreaker({ ...CIRCUIT, now: options.elapsedMs });
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
    switch (decideSync(this.#map.freshness, force, this.#breaker.state)) {
      case 'serve':
        return;
      case 'serve-stale':
        this.#warnStale(this.#circuitOpenError());
        return;
      case 'reject':
        throw this.#circuitOpenError();
      case 'ask':
        this.#settle(await this.#refresh(), force);
    }
  }

  status(): SourceStatus {
    const url = new URL(this.#options.serviceMapUrl);
    return {
      url: url.origin + url.pathname,
      freshness: this.#map.freshness,
      circuit: this.#breaker.state,
      lastError: this.#lastError,
    };
  }

  /** Cancels the refresh under way; `reason` becomes its failure. */
  async close(reason: SwitchyardError): Promise<void> {
    this.#closing.abort(reason);
    await this.#flight;
  }

  #settle(outcome: RefreshOutcome, force: boolean): void {
    if (outcome.ok) return;
    if (this.#closing.signal.aborted || rejectsOnFailure(this.#map.freshness, force, outcome.opened))
      throw outcome.error;
    this.#warnStale(outcome.error);
  }

  #refresh(): Promise<RefreshOutcome> {
    this.#flight ??= this.#refreshOnce().finally(() => {
      this.#flight = null;
    });
    return this.#flight;
  }

  async #refreshOnce(): Promise<RefreshOutcome> {
    const { signal } = this.#closing;
    try {
      const outcome = await retry(() => this.#map.load(signal), {
        delaysMs: ATTEMPT_DELAYS_MS,
        sleep: this.#options.sleep,
        signal,
        isFailure: (result) => result.kind === 'failed',
      });
      if (outcome.kind === 'failed') throw fromWireError(outcome.error, ConnectorManifestError);
    } catch (error) {
      return this.#failed(signal.aborted ? signal.reason : asSwitchyardError(error));
    }
    this.#breaker.succeed();
    this.#lastError = null;
    return { ok: true };
  }

  #failed(error: SwitchyardError): RefreshOutcome {
    if (this.#closing.signal.aborted) return { ok: false, error, opened: false };
    this.#lastError = { code: error.code, message: error.message, at: this.#options.clock.now() };
    return { ok: false, error, opened: this.#breaker.fail() };
  }

  #warnStale(error: SwitchyardError): void {
    this.#options.logger.warn(
      { event: 'map-stale', code: error.code, err: error },
      `Serving the last good service map: ${error.message}`,
    );
  }

  #circuitOpenError(): ConnectorManifestError {
    const message = `No request for the service map is sent for a minute after ${this.#breaker.failures} failed refreshes in a row.`;
    return new ConnectorManifestError(
      'CIRCUIT_OPEN',
      this.#lastError === null ? message : `${message} The last failure: ${this.#lastError.message}`,
    );
  }
}
