import { startTimer, type Timer } from '../../../shared/clock.ts';
import { detached } from '../../observability/trace.ts';
import type { ToolListing } from '../bring-up/list-tools.ts';

/** How long after the first notice of a change the list is read: a server that adds ten tools sends ten notices. */
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

  constructor(options: ToolRefresherOptions) {
    this.#options = options;
  }

  /** The server says that its tools changed. */
  notice(): void {
    if (this.#flight !== null) this.#isNoticedInFlight = true;
    else this.#refreshIn(DEBOUNCE_MS);
  }

  /** Reads the list again when the time to live that the server gave is over; null for the usual time. */
  expireIn(ttlMs: number | null): void {
    this.#expiry?.cancel();
    if (this.#isStopped) return;
    const delayMs = ttlMs === null ? this.#options.relistAfterMs() : Math.min(MAX_TTL_MS, Math.max(MIN_TTL_MS, ttlMs));
    if (delayMs !== null) this.#expiry = startTimer(delayMs, this.#onTimer);
  }

  /** Reads the list now, or joins the reading under way. Never rejects. */
  refresh(): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
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
    this.#notice ??= startTimer(delayMs, this.#onTimer);
  }

  /** The operation in which the timer was set is long over. */
  readonly #onTimer = (): void => {
    void detached(() => this.refresh());
  };

  async #read(): Promise<void> {
    try {
      const listing = await this.#options.list();
      if (this.#isStopped) return;
      this.expireIn(listing.ttlMs);
      await this.#options.onListing(listing);
    } catch (error) {
      if (this.#isStopped) return;
      this.expireIn(null);
      this.#options.onFailure(error);
    }
  }
}
