import { LRUCache } from 'lru-cache';
import { monotonicMs } from '../../../../shared/clock.ts';

/** Keys that are remembered; the one that was used least recently is forgotten first. */
const MAX_KEYS = 1_000;

const MINUTE_MS = 60_000;

/** Lets each key do something so often a minute, a whole minute's worth at once. */
export class RequestRate {
  readonly #perMinute: number;
  readonly #buckets = new LRUCache<string, { left: number; atMs: number }>({ max: MAX_KEYS });

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** Whether the key may do it once more; counts it if so. */
  take(key: string, nowMs: number = monotonicMs()): boolean {
    const bucket = this.#buckets.get(key) ?? { left: this.#perMinute, atMs: nowMs };
    const earned = ((nowMs - bucket.atMs) / MINUTE_MS) * this.#perMinute;
    const left = Math.min(this.#perMinute, bucket.left + earned);
    const isAllowed = left >= 1;
    this.#buckets.set(key, { left: isAllowed ? left - 1 : left, atMs: nowMs });
    return isAllowed;
  }
}
