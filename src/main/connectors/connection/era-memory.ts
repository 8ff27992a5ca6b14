import { LRUCache } from 'lru-cache';
import { monotonicMs } from '../../../shared/clock.ts';

/** How long an endpoint that only knew the legacy era is not asked for the modern one again. */
const HORIZON_MS = 600_000;

/** At most this many endpoints are remembered; the one that was used longest ago is forgotten first. */
const MAX_ENDPOINTS = 100_000;

/**
 * The endpoints that are known to be legacy, so that a reconnect need not probe them again (MCP 2026-07-28,
 * versioning), and those that an attempt failed at which asked for more at once than one thing after the other.
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

  /** Whether it is asked for one thing after the other. */
  isStrict(endpoint: string): boolean {
    return this.#strict.get(endpoint) === true;
  }

  noteStrict(endpoint: string): void {
    this.#strict.set(endpoint, true);
  }
}

function memory(): LRUCache<string, true> {
  // Bounded by size, because with `max` the cache would allocate all of its places at once.
  return new LRUCache<string, true>({
    maxSize: MAX_ENDPOINTS,
    sizeCalculation: () => 1,
    ttl: HORIZON_MS,
    ttlResolution: 0,
    perf: { now: monotonicMs },
  });
}
