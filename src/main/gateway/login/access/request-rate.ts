import { LRUCache } from 'lru-cache';
import { monotonicMs } from '../../../../shared/clock.ts';

/** Maximum number of keys that are remembered; the least recently used one is forgotten first. */
const MAX_KEYS = 1_000;

const MINUTE_MS = 60_000;

/** Limits each key to a number of actions per minute. All actions of a minute may happen at the same moment. */
export class RequestRate {
  readonly #perMinute: number;
  readonly #buckets = new LRUCache<string, { left: number; atMs: number }>({ max: MAX_KEYS });

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** Returns true, and counts an action, if the key has not reached its limit. */
  take(key: string, nowMs: number = monotonicMs()): boolean {
    const bucket = this.#buckets.get(key) ?? { left: this.#perMinute, atMs: nowMs };
    const earned = ((nowMs - bucket.atMs) / MINUTE_MS) * this.#perMinute;
    const left = Math.min(this.#perMinute, bucket.left + earned);
    const isAllowed = left >= 1;
    this.#buckets.set(key, { left: isAllowed ? left - 1 : left, atMs: nowMs });
    return isAllowed;
  }
}
