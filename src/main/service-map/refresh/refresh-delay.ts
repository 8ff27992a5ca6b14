/**
 * Delay before the retry of a failed refresh, in milliseconds. It is multiplied by a random factor from 0.5 to 1.5, and
 * is never longer than the regular delay.
 */
const RETRY_MS = 30_000;

const MIN_DELAY_MS = 100;
const MAX_DELAY_MS = 2 ** 31 - 1;

/** What determines when the next refresh is due. */
export interface RefreshTiming {
  readonly intervalMs: number;
  /** Share of the interval by which the delay varies in both directions. */
  readonly jitterFactor: number;
  /**
   * `spread`: at a random time within the interval, because hosts that started together must not all refresh at the
   * same time. `regular`: after about one interval. `retry`: soon, because the last refresh failed.
   */
  readonly kind: 'spread' | 'regular' | 'retry';
  /** Milliseconds for which the current value stays valid; null if that is not known. */
  readonly holdsForMs: number | null;
}

/**
 * Returns the milliseconds until the next refresh. `sample` is a random number from 0 to 1. The refresh starts at the
 * latest when 50 to 80 % of the remaining validity have passed, so that there is time to retry. The delay is at least
 * 100 ms.
 */
export function refreshDelayMs({ intervalMs, jitterFactor, kind, holdsForMs }: RefreshTiming, sample: number): number {
  const chance = Math.min(1, Math.max(0, sample));
  const regularMs = intervalMs * (1 + jitterFactor * (2 * chance - 1));
  const wantedMs = {
    spread: intervalMs * chance,
    regular: regularMs,
    retry: Math.min(regularMs, RETRY_MS * (0.5 + chance)),
  }[kind];
  const latestMs = holdsForMs === null ? MAX_DELAY_MS : holdsForMs * (0.5 + 0.3 * chance);
  return Math.min(MAX_DELAY_MS, Math.max(MIN_DELAY_MS, Math.min(wantedMs, latestMs)));
}
