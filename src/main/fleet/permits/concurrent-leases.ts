import { monotonicMs, startTimer, type Timer } from '../../../shared/clock.ts';
import { LEASE_MS } from '../../../shared/fleet/permit-timing.ts';
import type { LeaseGrant, LeaseRequest } from '../../../shared/protocol/fleet/permit-messages.ts';

/** How often leases are renewed, and what is unused is given back. */
const TICK_MS = 500;

/** How long a host for which others wait may go on with its own calls. */
const TURN_MS = 200;

export interface ConcurrentLeasesDeps {
  /** Puts a question to the fleet. Null where it could not be asked; whoever is told of failures knows already. */
  readonly lease: (request: Omit<LeaseRequest, 'holder'>) => Promise<LeaseGrant | null>;
  readonly active: () => number;
  readonly waiting: () => number;
  readonly recheck: () => void;
}

/**
 * Places among the calls that may run at a time in the whole fleet. A place is kept for the next call for about half a
 * second, or given back at once where another host waits for it. The server forgets them 10 s after the last renewal.
 */
export class ConcurrentLeases {
  readonly #deps: ConcurrentLeasesDeps;
  #limit = Number.POSITIVE_INFINITY;
  #held = 0;
  #heldUntilMs = 0;
  /** The most calls at a time since the last tick. */
  #peak = 0;
  #isContended = false;
  #turnFromMs = 0;
  #isAsking = false;
  #retryAtMs = 0;
  #tick: Timer | null = null;
  #isClosed = false;

  constructor(deps: ConcurrentLeasesDeps) {
    this.#deps = deps;
  }

  /** Infinity for no limit. */
  update(limit: number): void {
    if (limit !== this.#limit) this.#retryAtMs = 0;
    this.#limit = limit;
  }

  waitMs(nowMs: number): number {
    if (this.#limit === Number.POSITIVE_INFINITY) return 0;
    const active = this.#deps.active();
    if (active < this.#held && nowMs < this.#heldUntilMs) return 0;
    if (this.#isAsking) return Number.POSITIVE_INFINITY;
    if (nowMs < this.#retryAtMs) return this.#retryAtMs - nowMs;
    void this.#ask(active + Math.max(1, this.#deps.waiting()));
    return Number.POSITIVE_INFINITY;
  }

  begin(): void {
    this.#peak = Math.max(this.#peak, this.#deps.active() + 1);
  }

  end(): void {
    if (!this.#isContended || this.#isAsking || this.#held === 0) return;
    const nowMs = monotonicMs();
    if (this.#deps.waiting() > 0 && nowMs - this.#turnFromMs < TURN_MS) return;
    this.#turnFromMs = nowMs;
    this.#keep(this.#deps.active());
    void this.#ask(this.#held + this.#deps.waiting());
  }

  /** Forgets what it holds, as when the server is away. */
  forget(): void {
    this.#held = 0;
    this.#retryAtMs = 0;
  }

  /** Gives back all. */
  close(): void {
    this.#isClosed = true;
    this.#tick?.cancel();
    if (this.#held === 0) return;
    this.#held = 0;
    void this.#deps.lease({ limit: this.#limit, held: 0, wanted: 0 });
  }

  /** Asks for no more than what runs, only to learn whether the fleet answers. */
  async probe(): Promise<boolean> {
    return this.#limit === Number.POSITIVE_INFINITY || this.#isAsking || (await this.#ask(0));
  }

  async #ask(wanted: number): Promise<boolean> {
    this.#isAsking = true;
    const askedAtMs = monotonicMs();
    // Calls may begin under what it holds while the question is under way, so that it says no less.
    const held = Math.max(this.#held, this.#deps.active());
    const all = Math.max(held, Math.min(wanted, this.#limit));
    const grant = await this.#deps.lease({ limit: this.#limit, held, wanted: all });
    this.#isAsking = false;
    if (grant === null) return false;
    if (this.#isClosed) {
      if (grant.held > 0) void this.#deps.lease({ limit: this.#limit, held: 0, wanted: 0 });
      return true;
    }
    if (grant.held > this.#held) this.#turnFromMs = monotonicMs();
    this.#held = grant.held;
    this.#heldUntilMs = askedAtMs + LEASE_MS;
    this.#isContended = grant.isContended;
    if (grant.held < all) this.#retryAtMs = monotonicMs() + Math.max(1, grant.retryInMs);
    this.#tick ??= startTimer(TICK_MS, () => this.#renew());
    this.#deps.recheck();
    return true;
  }

  #renew(): void {
    this.#tick = null;
    if (this.#held === 0 && this.#deps.active() === 0) return;
    if (this.#isAsking) {
      this.#tick = startTimer(TICK_MS, () => this.#renew());
      return;
    }
    const active = this.#deps.active();
    this.#keep(this.#isContended ? active : Math.max(active, this.#peak));
    this.#peak = active;
    void this.#ask(active + this.#deps.waiting());
  }

  #keep(held: number): void {
    this.#held = Math.min(this.#held, held);
  }
}
