import { monotonicMs, startTimer, type Timer } from '../../../shared/clock.ts';
import { SwitchyardError } from '../../../shared/errors.ts';
import { detached } from '../../observability/trace.ts';
import type { ToolListing } from '../bring-up/list-tools.ts';

/**
 * Delay between the first notification that the tools changed and the read of the list. A server that registers many
 * tools sends a notification for each of them.
 */
const DEBOUNCE_MS = 100;

/** Minimum time between the end of one read and the start of the next read that a notification causes. */
const MIN_GAP_MS = 1_000;

/** Limits for the TTL that a server gives its tool list. */
const MIN_TTL_MS = 5_000;
const MAX_TTL_MS = 24 * 3_600_000;

export interface ToolRefresherOptions {
  /** Reads the whole tool list. */
  readonly list: () => Promise<ToolListing>;
  /** Returns the delay in milliseconds after which a list without a TTL is read again; null for never. */
  readonly relistAfterMs: () => number | null;
  /** Called with each new list. Resolves when callers see the list. The read counts as in progress until then. */
  readonly onListing: (listing: ToolListing) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Keeps the tool list of one connection up to date. Only one read runs at a time, however many notifications arrive.
 */
export class ToolRefresher {
  readonly #options: ToolRefresherOptions;
  #flight: Promise<void> | null = null;
  #notice: Timer | null = null;
  #expiry: Timer | null = null;
  #isNoticedInFlight = false;
  #isStopped = false;
  /** Time until which the server wants no requests (`Retry-After`), on the monotonic clock. */
  #heldUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: ToolRefresherOptions) {
    this.#options = options;
  }

  /** Notes the server's notification that its tools changed. */
  notice(): void {
    if (this.#flight !== null) this.#isNoticedInFlight = true;
    else this.#refreshIn(DEBOUNCE_MS);
  }

  /**
   * Schedules the next read after `ttlMs`, the TTL that the server gave the list. If the server gave no TTL, the
   * default delay applies.
   */
  expireIn(ttlMs: number | null): void {
    this.#expiry?.cancel();
    if (this.#isStopped) return;
    const delayMs = ttlMs === null ? this.#options.relistAfterMs() : Math.min(MAX_TTL_MS, Math.max(MIN_TTL_MS, ttlMs));
    if (delayMs !== null) this.#expiry = startTimer(delayMs, () => this.#refreshOnTime());
  }

  /**
   * Reads the list now, or joins the read in progress. Never rejects. While the server wants no requests, the promise
   * resolves immediately and the list is read later.
   */
  refresh(): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    if (this.#heldMs() > 0) {
      this.#refreshIn(0);
      return Promise.resolve();
    }
    this.#notice?.cancel();
    this.#notice = null;
    this.#flight ??= this.#read().finally(() => {
      this.#flight = null;
      if (this.#isNoticedInFlight) this.#refreshIn(MIN_GAP_MS);
      this.#isNoticedInFlight = false;
    });
    return this.#flight;
  }

  /** Stops the refresher. A read in progress is then not reported. */
  stop(): void {
    this.#isStopped = true;
    this.#notice?.cancel();
    this.#expiry?.cancel();
  }

  #refreshIn(delayMs: number): void {
    if (this.#isStopped) return;
    this.#notice ??= startTimer(Math.max(delayMs, this.#heldMs()), () => {
      this.#notice = null;
      this.#refreshOnTime();
    });
  }

  /**
   * Reads the list when a timer fires. The read is detached from the trace of the operation that set the timer, because
   * that operation is over.
   */
  #refreshOnTime(): void {
    void detached(() => this.refresh());
  }

  /**
   * If the error of a failed read contains a delay that the server requested, postpones further reads by that delay.
   */
  #hold(error: unknown): void {
    const holdMs = error instanceof SwitchyardError ? error.detail.retryAfterMs : undefined;
    if (typeof holdMs !== 'number') return;
    this.#heldUntilMs = monotonicMs() + holdMs;
    this.#refreshIn(0);
  }

  #heldMs(): number {
    return Math.ceil(Math.max(0, this.#heldUntilMs - monotonicMs()));
  }

  async #read(): Promise<void> {
    try {
      const listing = await this.#options.list();
      if (this.#isStopped) return;
      this.expireIn(listing.ttlMs);
      await this.#options.onListing(listing);
    } catch (error) {
      if (this.#isStopped) return;
      this.expireIn(null);
      this.#hold(error);
      this.#options.onFailure(error);
    }
  }
}
