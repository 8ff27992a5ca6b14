import { monotonicMs, startTimer, type Timer } from '../../../shared/clock.ts';
import { LEASE_MS } from '../../../shared/fleet/permit-timing.ts';
import type { LeaseGrant, LeaseRequest } from '../../../shared/protocol/fleet/permit-messages.ts';

/** Interval at which leases are renewed and unused leases are given back. */
const TICK_MS = 500;

/** How long a host may go on using its leases for its own waiting calls while other hosts wait for leases. */
const TURN_MS = 200;

export interface ConcurrentLeasesDeps {
  /** Sends a request for leases to the fleet. If the request fails, reports the failure and resolves to null. */
  readonly lease: (request: Omit<LeaseRequest, 'holder'>) => Promise<LeaseGrant | null>;
  readonly active: () => number;
  readonly waiting: () => number;
  readonly recheck: () => void;
}

/**
 * Limits the calls that run at the same time in the whole fleet. Each running call needs a lease. After the call, this
 * host keeps the lease for about half a second for its next call, or gives it back earlier if another host waits. The
 * server drops a lease 10 s after its last renewal.
 */
export class ConcurrentLeases {
  readonly #deps: ConcurrentLeasesDeps;
  #limit = Number.POSITIVE_INFINITY;
  #held = 0;
  #heldUntilMs = 0;
  /** Highest number of simultaneous calls since the last tick. */
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

  /** Sets the maximum number of simultaneous calls; infinity means no limit. */
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

  /** Forgets all leases without giving them back, because the fleet does not answer. */
  forget(): void {
    this.#held = 0;
    this.#retryAtMs = 0;
  }

  /** Gives all leases back to the fleet. */
  close(): void {
    this.#isClosed = true;
    this.#tick?.cancel();
    if (this.#held === 0) return;
    this.#held = 0;
    void this.#deps.lease({ limit: this.#limit, held: 0, wanted: 0 });
  }

  /** Tests whether the fleet answers, by requesting only the leases that this host already has or uses. */
  async probe(): Promise<boolean> {
    return this.#limit === Number.POSITIVE_INFINITY || this.#isAsking || (await this.#ask(0));
  }

  async #ask(wanted: number): Promise<boolean> {
    this.#isAsking = true;
    const askedAtMs = monotonicMs();
    // While this request is in flight, new calls may start with leases that this host already holds. So the request
    // asks to keep all held leases.
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
