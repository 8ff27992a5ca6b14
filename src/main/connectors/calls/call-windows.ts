import { monotonicMs } from '../../../shared/clock.ts';
import type { ConnectorEntry } from '../../../shared/map/service-map.ts';

const WINDOWS: readonly (readonly [quota: string, ms: number])[] = [
  ['perMinute', 60_000],
  ['perHour', 3_600_000],
  ['perDay', 86_400_000],
];

/** A quota over a sliding window. */
interface Window {
  readonly name: string;
  readonly max: number;
  readonly ms: number;
  /** Start times of the calls within the window, oldest first. */
  readonly startsMs: number[];
}

/** Counts the calls of one connector in the sliding windows `perMinute`, `perHour` and `perDay`. */
export class CallWindows {
  #windows: readonly Window[] = [];

  /** Replaces the quotas. Calls that began under the old quotas still count. */
  update(quotas: ConnectorEntry['quotas']): void {
    // Most of the thousands of entries in a map have no quotas, so this case must be fast.
    if (quotas === undefined && this.#windows.length === 0) return;
    this.#windows = WINDOWS.flatMap(([name, ms]) => {
      const max = quotas?.[name];
      if (max === undefined) return [];
      return [{ name, max, ms, startsMs: this.#windows.find((window) => window.ms === ms)?.startsMs ?? [] }];
    });
  }

  /** Whether a quota allows no call at all. */
  get allowsNone(): boolean {
    return this.#windows.some(({ max }) => max < 1);
  }

  /** Counts a call that begins. */
  note(): void {
    const nowMs = monotonicMs();
    for (const { startsMs } of this.#windows) startsMs.push(nowMs);
  }

  /** Returns the time until every window has room for one more call, after the `ahead` calls that already wait. */
  waitMs(ahead: number): number {
    const nowMs = monotonicMs();
    let waitMs = 0;
    for (const { max, ms, startsMs } of this.#windows) {
      while (startsMs[0] !== undefined && startsMs[0] <= nowMs - ms) startsMs.shift();
      const rounds = Math.floor(ahead / max);
      // The calls ahead will use the slots that become free first, and each of them occupies its slot for a whole
      // window.
      const freeing = startsMs[startsMs.length - max + (ahead % max)];
      if (freeing !== undefined) waitMs = Math.max(waitMs, freeing + (rounds + 1) * ms - nowMs);
      else if (rounds > 0) waitMs = Math.max(waitMs, rounds * ms);
    }
    return waitMs;
  }

  /**
   * Returns, for each window, the number of its calls that began after `fromMs` and no later than `toMs` (monotonic
   * clock).
   */
  beganWithin(fromMs: number, toMs: number): Readonly<Record<string, number>> {
    const count = ({ startsMs, ms }: Window): number => {
      const sinceMs = Math.max(fromMs, monotonicMs() - ms);
      return startsMs.filter((startMs) => startMs > sinceMs && startMs <= toMs).length;
    };
    return Object.fromEntries(this.#windows.map((window) => [window.name, count(window)]));
  }
}
