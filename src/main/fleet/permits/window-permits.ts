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
 * After how long a host that was refused looks again where calls come or wait, whatever it was told: others may have
 * given permits back, which they do about a second after they took them. Doubles while it gets none.
 */
const FIRST_LOOK_MS = PERMIT_HOLD_MS;
const LAST_LOOK_MS = 8 * FIRST_LOOK_MS;

/** Permits of one grant that are not used yet. */
interface Lot {
  left: number;
  readonly takenAtMs: number;
  /** Monotonic clock. Nobody uses one later: the fleet's counters look back no further. */
  readonly usableUntilMs: number;
}

export interface WindowPermitsDeps {
  /** Puts a question to the fleet. Null where it could not be asked; whoever is told of failures knows already. */
  readonly take: (request: PermitRequest) => Promise<PermitGrant | null>;
  /** How many hosts share the quota, this one among them. */
  readonly hosts: () => number;
  readonly waiting: () => number;
  /** Calls that began by `toMs` (monotonic clock) and are not counted: all of them where the fleet `forgot`. */
  readonly spent: (toMs: number, forgot: boolean) => PermitCounts;
  /** What began by `toMs` is counted. */
  readonly onCounted: (toMs: number) => void;
  readonly recheck: () => void;
}

/**
 * Permits for calls to begin under a connector's windows. They are taken in batches: what the last second used, at most
 * a quarter of this host's fair share, and at least what waits. Counting them down costs no message. Those that are
 * unused after a second are given back.
 */
export class WindowPermits {
  readonly #deps: WindowPermitsDeps;
  readonly #rate = new CallRate();
  #limits: PermitCounts = {};
  /** The smallest limit; infinity without windows. */
  #least = Number.POSITIVE_INFINITY;
  #lots: Lot[] = [];
  /** From here down the next batch is taken ahead; -1 for never. */
  #lowMark = -1;
  #left = 0;
  #returned: ReturnedPermits[] = [];
  #isAsking = false;
  /** When the next place is free, if nobody gives one back. */
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
    // The answer under way may change it.
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

  /** Gives back what is left. */
  giveBack(): void {
    this.#sweep?.cancel();
    this.#drop(Number.POSITIVE_INFINITY);
    if (this.#returned.length > 0) void this.#ask(0);
  }

  /** Asks for nothing, only to learn whether the fleet answers. */
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
   * `told`: what the last question told already, of which the fleet then said that it had forgotten all else. What a
   * question without an answer was granted, or gave back, lapses with its window: nobody knows whether it arrived, and
   * to give permits back twice would let too many calls through.
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
      // It counted from nothing: it is told first what this host used, then asked again.
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
      // Else the question under way, or the next one, takes them along.
      if (this.#returned.length > 0 && !this.#isAsking) void this.#ask(0);
    });
  }

  /** Sets aside what may not be used any more; how many are left. */
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
