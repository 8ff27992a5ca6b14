import { LRUCache } from 'lru-cache';
import { monotonicMs } from '../../../shared/clock.ts';

/** How long a legacy endpoint is remembered. During this time, it is not probed again. */
const HORIZON_MS = 600_000;

/** At most this many endpoints are remembered; the least recently used endpoint is forgotten first. */
const MAX_ENDPOINTS = 100_000;

/**
 * Remembers the endpoints that are known to be legacy, so that a reconnect need not probe them again (MCP 2026-07-28,
 * versioning). Also remembers strict endpoints: endpoints at which parallel requests have failed.
 */
export class EraMemory {
  readonly #legacy = memory();
  readonly #strict = memory();

  isLegacy(endpoint: string): boolean {
    return this.#legacy.get(endpoint) === true;
  }

  noteLegacy(endpoint: string): void {
    this.#legacy.set(endpoint, true);
  }

  forget(endpoint: string): void {
    this.#legacy.delete(endpoint);
  }

  /** Whether requests to this endpoint must be sent one after the other. */
  isStrict(endpoint: string): boolean {
    return this.#strict.get(endpoint) === true;
  }

  noteStrict(endpoint: string): void {
    this.#strict.set(endpoint, true);
  }
}

function memory(): LRUCache<string, true> {
  // Bounded by `maxSize`, because with `max` the cache would allocate all of its slots at once.
  return new LRUCache<string, true>({
    maxSize: MAX_ENDPOINTS,
    sizeCalculation: () => 1,
    ttl: HORIZON_MS,
    ttlResolution: 0,
    perf: { now: monotonicMs },
  });
}
