import { LRUCache } from 'lru-cache';

/** Number of calls kept for each connector. */
const KEPT_CALLS = 60;

/** Maximum number of connectors. The connector whose last call is the oldest is dropped first. */
const KEPT_CONNECTORS = 1_000;

/** Summary of the last calls of one connector. */
export interface LatencyView {
  /** Duration of each call in milliseconds, oldest call first. */
  readonly recentMs: readonly number[];
  /** Indexes in `recentMs` of the calls that failed. */
  readonly failed: readonly number[];
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly maxMs: number;
}

interface Ring {
  readonly ms: Float64Array;
  readonly isOk: Uint8Array;
  /** Number of recorded calls, including calls whose durations were dropped. */
  count: number;
}

/** Durations of each connector's last calls, for a bounded number of calls and connectors. */
export class CallLatencies {
  readonly #rings: LRUCache<string, Ring>;
  #recorded = 0;

  constructor(keptConnectors: number = KEPT_CONNECTORS) {
    this.#rings = new LRUCache({ max: keptConnectors });
  }

  /** Number of calls recorded since the start. While this number stays the same, there are no new durations to show. */
  get recorded(): number {
    return this.#recorded;
  }

  /** Records a finished call. Ignores a duration that is negative, infinite or not a number. */
  record(connectorId: string, ms: number, isOk: boolean): void {
    if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) return;
    const ring = this.#rings.get(connectorId) ?? newRing();
    const place = ring.count % KEPT_CALLS;
    ring.ms[place] = ms;
    ring.isOk[place] = isOk ? 1 : 0;
    ring.count += 1;
    this.#recorded += 1;
    this.#rings.set(connectorId, ring);
  }

  /** Returns a summary of the last 60 calls of a connector, or null if no calls of the connector are recorded. */
  of(connectorId: string): LatencyView | null {
    // `peek` does not count as a use, so reading the summary of a connector does not delay its eviction from the cache.
    const ring = this.#rings.peek(connectorId);
    if (ring === undefined) return null;
    const kept = Math.min(ring.count, KEPT_CALLS);
    const places = Array.from({ length: kept }, (_, index) => (ring.count - kept + index) % KEPT_CALLS);
    const recentMs = places.map((place) => ring.ms[place] ?? 0);
    const sorted = recentMs.toSorted((a, b) => a - b);
    const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * kept) - 1)] ?? 0;
    return {
      recentMs,
      failed: places.flatMap((place, index) => (ring.isOk[place] === 0 ? [index] : [])),
      p50Ms: at(0.5),
      p95Ms: at(0.95),
      maxMs: at(1),
    };
  }
}

function newRing(): Ring {
  return { ms: new Float64Array(KEPT_CALLS), isOk: new Uint8Array(KEPT_CALLS), count: 0 };
}
