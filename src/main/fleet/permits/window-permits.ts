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
 * After this delay, a host that was refused permits asks again, if it has waiting or new calls. It asks even before the
 * retry time that the fleet reported, because other hosts give unused permits back after about a second. The delay
 * doubles while no permit is granted.
 */
const FIRST_LOOK_MS = PERMIT_HOLD_MS;
const LAST_LOOK_MS = 8 * FIRST_LOOK_MS;

/** Unused permits from one grant of the fleet. */
interface Lot {
  left: number;
  readonly takenAtMs: number;
  /**
   * Time after which the permits must not be used (monotonic clock). After that, the fleet may no longer count the
   * permits, because it counts a permit only a little longer than the window lasts.
   */
  readonly usableUntilMs: number;
}

export interface WindowPermitsDeps {
  /** Sends a request for permits to the fleet. If the request fails, reports the failure and resolves to null. */
  readonly take: (request: PermitRequest) => Promise<PermitGrant | null>;
  /** Returns the number of hosts that share the quota, including this one. */
  readonly hosts: () => number;
  readonly waiting: () => number;
  /**
   * Returns how many calls started by `toMs` (monotonic clock) and are not yet counted by the fleet. If `forgot` is
   * true, the fleet has lost its counters, so the result includes all calls.
   */
  readonly spent: (toMs: number, forgot: boolean) => PermitCounts;
  /** Called when the fleet has counted all calls that started by `toMs`. */
  readonly onCounted: (toMs: number) => void;
  readonly recheck: () => void;
}

/**
 * Permits to start calls of a connector that has quotas per minute, hour or day. Permits are requested in batches. A
 * batch has as many permits as calls started in the last second, but at most a quarter of this host's fair share. If
 * more calls than that wait, the batch has a permit for each of them, up to the fair share. Using a permit sends no
 * message. Permits that are still unused after a second are given back.
 */
export class WindowPermits {
  readonly #deps: WindowPermitsDeps;
  readonly #rate = new CallRate();
  #limits: PermitCounts = {};
  /** The smallest of the quotas per minute, hour and day; infinity without quotas. */
  #least = Number.POSITIVE_INFINITY;
  #lots: Lot[] = [];
  /** When only this many permits remain, the next batch is requested in advance. -1 means never. */
  #lowMark = -1;
  #left = 0;
  #returned: ReturnedPermits[] = [];
  #isAsking = false;
  /** Time at which the fleet will have a free permit, if no host gives one back earlier. */
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
    // While a request is in flight, the result is 0, because the response may grant permits or change the retry time.
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

  /** Gives all unused permits back to the fleet. */
  giveBack(): void {
    this.#sweep?.cancel();
    this.#drop(Number.POSITIVE_INFINITY);
    if (this.#returned.length > 0) void this.#ask(0);
  }

  /** Tests whether the fleet answers, by requesting 0 permits. */
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
   * Requests permits. If the previous response revealed that the fleet had lost its counters, `told` holds the counts
   * that the previous request reported. The fleet already has these counts, so they are not reported again. If a
   * request gets no response, it is unknown whether the request arrived. The permits that it asked for or gave back
   * then expire with their window, because giving permits back twice would let too many calls through.
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
      // The fleet has lost its counters and counts from zero. The next request reports all calls of this host.
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
      // If a request is in flight, the expired permits are given back with the next request.
      if (this.#returned.length > 0 && !this.#isAsking) void this.#ask(0);
    });
  }

  /**
   * Moves expired permits to `#returned`, which the next request gives back. Returns the number of remaining permits.
   */
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
