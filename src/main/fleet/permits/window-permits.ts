import { monotonicMs, startTimer, type Timer } from '../../../shared/clock.ts';
import { PERMIT_HOLD_MS } from '../../../shared/fleet/permit-timing.ts';
import type {
  PermitCounts,
  PermitGrant,
  PermitRequest,
  ReturnedPermits,
} from '../../../shared/protocol/fleet/permit-messages.ts';
import { recordFleetPermits } from '../../observability/instruments.ts';
import { CallRate } from './call-rate.ts';

/**
 * Delay after which a refused host checks again if calls arrive or wait, whatever retry time it received. Other hosts
 * return unused permits about a second after they took them. The delay doubles while no permit is granted.
 */
const FIRST_LOOK_MS = PERMIT_HOLD_MS;
const LAST_LOOK_MS = 8 * FIRST_LOOK_MS;

/** Unused permits of one grant. */
interface Lot {
  left: number;
  readonly takenAtMs: number;
  /**
   * Expiry of the permits (monotonic clock). Later use is not allowed, because the counters of the fleet look back no
   * further.
   */
  readonly usableUntilMs: number;
}

export interface WindowPermitsDeps {
  /** Sends a request to the fleet. Resolves to null if that failed; the failure is reported elsewhere. */
  readonly take: (request: PermitRequest) => Promise<PermitGrant | null>;
  /** Returns the number of hosts that share the quota, including this one. */
  readonly hosts: () => number;
  readonly waiting: () => number;
  /**
   * Returns the calls that started by `toMs` (monotonic clock) and are not counted yet, or all calls if the fleet
   * `forgot` its counters.
   */
  readonly spent: (toMs: number, forgot: boolean) => PermitCounts;
  /** Called when all calls until `toMs` are counted. */
  readonly onCounted: (toMs: number) => void;
  readonly recheck: () => void;
}

/**
 * Permits for starting calls under the windows of a connector. They are taken in batches. A batch has as many permits
 * as there were calls in the last second, but at most a quarter of this host's fair share, and at least the number of
 * waiting calls. Using a permit costs no message. Permits that are unused after a second are returned.
 */
export class WindowPermits {
  readonly #deps: WindowPermitsDeps;
  readonly #rate = new CallRate();
  #limits: PermitCounts = {};
  /** Smallest limit of all windows; infinity without windows. */
  #least = Number.POSITIVE_INFINITY;
  #lots: Lot[] = [];
  /** Number of remaining permits at which the next batch is requested in advance; -1 for never. */
  #lowMark = -1;
  #left = 0;
  #returned: ReturnedPermits[] = [];
  #isAsking = false;
  /** Time at which the next permit is free, if no host returns one earlier. */
  #retryAtMs = 0;
  #lookAtMs = 0;
  #lookMs = FIRST_LOOK_MS;
  #epoch: string | null = null;
  #sweep: Timer | null = null;

  constructor(deps: WindowPermitsDeps) {
    this.#deps = deps;
  }

  update(limits: PermitCounts): void {
    if (JSON.stringify(limits) !== JSON.stringify(this.#limits)) this.#retryAtMs = 0;
    this.#limits = limits;
    this.#least = Math.min(Number.POSITIVE_INFINITY, ...Object.values(limits));
  }

  waitMs(nowMs: number): number {
    if (this.#least === Number.POSITIVE_INFINITY) return 0;
    if (this.#left > 0 && this.#drop(nowMs) > 0) return 0;
    if (this.#isAsking) return Number.POSITIVE_INFINITY;
    const askAtMs = Math.min(this.#retryAtMs, this.#lookAtMs);
    if (nowMs < askAtMs) return askAtMs - nowMs;
    void this.#ask(Math.max(this.#spare(nowMs), Math.min(this.#deps.waiting(), this.#fairShare()), 1));
    return Number.POSITIVE_INFINITY;
  }

  aheadMs(nowMs: number): number {
    // While a request is in flight, its response may change the retry time.
    return this.#left > 0 || this.#isAsking ? 0 : Math.max(0, this.#retryAtMs - nowMs);
  }

  begin(nowMs: number): void {
    const lot = this.#lots[0];
    if (lot === undefined) return;
    lot.left -= 1;
    this.#left -= 1;
    if (lot.left === 0) this.#lots.shift();
    this.#rate.note(nowMs);
    if (this.#left <= this.#lowMark && !this.#isAsking && nowMs >= this.#retryAtMs) {
      const spare = this.#spare(nowMs);
      if (spare > 1) void this.#ask(spare);
    }
  }

  /** Returns all unused permits. */
  giveBack(): void {
    this.#sweep?.cancel();
    this.#drop(Number.POSITIVE_INFINITY);
    if (this.#returned.length > 0) void this.#ask(0);
  }

  /** Requests no permits, only to learn whether the fleet answers. */
  async probe(): Promise<boolean> {
    return this.#least === Number.POSITIVE_INFINITY || this.#isAsking || (await this.#ask(0));
  }

  #fairShare(): number {
    return Math.max(1, Math.floor(this.#least / this.#deps.hosts()));
  }

  #spare(nowMs: number): number {
    return Math.min(this.#rate.lastSecond(nowMs), Math.floor(this.#least / this.#deps.hosts() / 4));
  }

  /**
   * Requests permits. `told` is set if the previous request revealed that the fleet had lost its counters. It holds the
   * counts that this previous request reported, which the fleet therefore has. It is unknown whether an unanswered
   * request arrived. So the permits that it was granted or returned expire with their window: returning permits twice
   * would let too many calls through.
   */
  async #ask(wanted: number, told: PermitCounts | null = null): Promise<boolean> {
    this.#isAsking = true;
    const askedAtMs = monotonicMs();
    const uncounted = this.#deps.spent(askedAtMs, told !== null);
    const spent = told === null ? uncounted : without(uncounted, told);
    const grant = await this.#deps.take({ limits: this.#limits, wanted, returned: this.#returned.splice(0), spent });
    this.#isAsking = false;
    if (grant === null) return false;
    this.#deps.onCounted(askedAtMs);
    recordFleetPermits(grant.granted, Math.max(0, wanted - grant.granted));
    const hasForgotten = this.#epoch !== null && this.#epoch !== grant.epoch;
    this.#epoch = grant.epoch;
    if (hasForgotten && told === null) {
      // The fleet started counting from zero. Report the calls of this host first, then request again.
      this.#lots = [];
      this.#left = 0;
      this.#returned = grant.granted > 0 ? [{ count: grant.granted, takenAtMs: grant.takenAtMs }] : [];
      return this.#ask(wanted, spent);
    }
    if (grant.granted > 0) this.#take(grant, wanted, askedAtMs + PERMIT_HOLD_MS);
    if (grant.granted < wanted) this.#refused(grant);
    this.#deps.recheck();
    return true;
  }

  #take({ granted, takenAtMs }: PermitGrant, wanted: number, usableUntilMs: number): void {
    this.#lots.push({ left: granted, takenAtMs, usableUntilMs });
    this.#left += granted;
    this.#lookMs = FIRST_LOOK_MS;
    this.#lowMark = granted === wanted && wanted > 1 ? Math.floor(granted / 2) : -1;
    this.#sweepAt(usableUntilMs);
  }

  #refused({ retryInMs }: PermitGrant): void {
    const nowMs = monotonicMs();
    this.#retryAtMs = nowMs + Math.max(1, retryInMs);
    this.#lookAtMs = nowMs + this.#lookMs;
    this.#lookMs = Math.min(LAST_LOOK_MS, this.#lookMs * 2);
  }

  #sweepAt(atMs: number): void {
    this.#sweep?.cancel();
    this.#sweep = startTimer(Math.max(1, atMs - monotonicMs()), () => {
      this.#drop(monotonicMs());
      const [oldest] = this.#lots;
      if (oldest !== undefined) this.#sweepAt(oldest.usableUntilMs);
      // Otherwise the request in flight, or the next one, returns them.
      if (this.#returned.length > 0 && !this.#isAsking) void this.#ask(0);
    });
  }

  /** Sets expired permits aside. Returns the number of permits that remain. */
  #drop(nowMs: number): number {
    for (let lot = this.#lots[0]; lot !== undefined && lot.usableUntilMs <= nowMs; lot = this.#lots[0]) {
      this.#lots.shift();
      this.#left -= lot.left;
      this.#returned.push({ count: lot.left, takenAtMs: lot.takenAtMs });
    }
    return this.#left;
  }
}

function without(all: PermitCounts, told: PermitCounts): PermitCounts {
  const rest = (name: keyof PermitCounts): number => Math.max(0, (all[name] ?? 0) - (told[name] ?? 0));
  return { perMinute: rest('perMinute'), perHour: rest('perHour'), perDay: rest('perDay') };
}
