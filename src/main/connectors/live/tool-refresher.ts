import { monotonicMs, startTimer, type Timer } from '../../../shared/clock.ts';
import { SwitchyardError } from '../../../shared/errors.ts';
import { detached } from '../../observability/trace.ts';
import type { ToolListing } from '../bring-up/list-tools.ts';

/** From the first notice of a change to the reading: a server that registers twenty tools gives twenty notices. */
const DEBOUNCE_MS = 100;

/** The least time between the end of one reading and the next that a notice asks for. */
const MIN_GAP_MS = 1_000;

/** What a server's hint of how long its list holds is kept within. */
const MIN_TTL_MS = 5_000;
const MAX_TTL_MS = 24 * 3_600_000;

export interface ToolRefresherOptions {
  /** Reads the whole list. */
  readonly list: () => Promise<ToolListing>;
  /** After how long a list that names no time to live is read anew; null for never. */
  readonly relistAfterMs: () => number | null;
  /** Resolves when callers see it; the reading counts as under way until then. */
  readonly onListing: (listing: ToolListing) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

/** Keeps the tool list of one connection true: one reading at a time, however many notices come. */
export class ToolRefresher {
  readonly #options: ToolRefresherOptions;
  #flight: Promise<void> | null = null;
  #notice: Timer | null = null;
  #expiry: Timer | null = null;
  #isNoticedInFlight = false;
  #isStopped = false;
  /** Until then the server wants no request (`Retry-After`). */
  #heldUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: ToolRefresherOptions) {
    this.#options = options;
  }

  /** The server says that its tools changed. */
  notice(): void {
    if (this.#flight !== null) this.#isNoticedInFlight = true;
    else this.#refreshIn(DEBOUNCE_MS);
  }

  /** Has the list read again after `ttlMs`, the server's own hint, or after the usual time where it gives none. */
  expireIn(ttlMs: number | null): void {
    this.#expiry?.cancel();
    if (this.#isStopped) return;
    const delayMs = ttlMs === null ? this.#options.relistAfterMs() : Math.min(MAX_TTL_MS, Math.max(MIN_TTL_MS, ttlMs));
    if (delayMs !== null) this.#expiry = startTimer(delayMs, () => this.#refreshOnTime());
  }

  /**
   * Reads the list now, or joins the reading under way. Never rejects. While the server wants no request, it
   * resolves at once and the list is read later.
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

  /** Ends it; a reading under way is told to nobody. */
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

  /** A timer is due: the operation in which it was set is long over. */
  #refreshOnTime(): void {
    void detached(() => this.refresh());
  }

  /** Heeds what a failed reading says of when the next one may be. */
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
