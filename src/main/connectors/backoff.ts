import type { Random } from '../../shared/clock.ts';

const BASE_MS = 500;
const CAP_MS = 60_000;

/**
 * Milliseconds before attempt `failures + 1`: full jitter over an exponentially growing range, so that connectors that went down
 * together do not come back together (AWS, "Exponential Backoff And Jitter", 2015).
 */
export function backoffMs(failures: number, random: Random): number {
  const range = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(failures - 1, 30));
  return Math.ceil(random.next() * range);
}
