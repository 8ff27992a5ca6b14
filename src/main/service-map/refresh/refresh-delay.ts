/** After a failure the next refresh comes sooner than the interval says: this long after it, times 0.5 to 1.5. */
const RETRY_MS = 30_000;

const MIN_DELAY_MS = 100;
const MAX_DELAY_MS = 2 ** 31 - 1;

/** When a refresh is to come. */
export interface RefreshTiming {
  readonly intervalMs: number;
  /** Share of the interval by which it varies either way. */
  readonly jitterFactor: number;
  /**
   * `spread`: anywhere within the interval, so that what started together does not stay together. `regular`: about an interval from now. `retry`: the last
   * one failed.
   */
  readonly kind: 'spread' | 'regular' | 'retry';
  /** For how long what is refreshed still holds; null if that is not known. */
  readonly holdsForMs: number | null;
}

/**
 * Milliseconds until the next refresh, by chance (`sample`, 0 to 1): as its kind says, but within 50 to 80 % of the time for which what there is still holds, so
 * that there is time to try again; at least 100 ms.
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
