/** Calls remembered of each connector. */
const KEPT_CALLS = 60;

/** Connectors remembered; beyond that the one that was called the longest ago is forgotten. */
const KEPT_CONNECTORS = 1_000;

/** The last calls of one connector, as people look at them. */
export interface LatencyView {
  /** Milliseconds that each call took, oldest first. */
  readonly recentMs: readonly number[];
  /** Which of these failed, by their place among them. */
  readonly failed: readonly number[];
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly maxMs: number;
}

interface Ring {
  readonly ms: Float64Array;
  readonly isOk: Uint8Array;
  /** Calls recorded, those that are forgotten too. */
  count: number;
}

/** How long the last calls of each connector took. Bounded in both directions, whatever is recorded. */
export class CallLatencies {
  readonly #keptConnectors: number;
  /** The one that was called the longest ago first. */
  readonly #rings = new Map<string, Ring>();
  #recorded = 0;

  constructor(keptConnectors: number = KEPT_CONNECTORS) {
    this.#keptConnectors = keptConnectors;
  }

  /** Calls recorded since the beginning: another number says that there is news. */
  get recorded(): number {
    return this.#recorded;
  }

  /** Takes note of a call that is over. A duration that is none is passed over. */
  record(connectorId: string, ms: number, isOk: boolean): void {
    if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) return;
    const ring = this.#rings.get(connectorId) ?? newRing();
    const place = ring.count % KEPT_CALLS;
    ring.ms[place] = ms;
    ring.isOk[place] = isOk ? 1 : 0;
    ring.count += 1;
    this.#recorded += 1;
    this.#rings.delete(connectorId);
    this.#rings.set(connectorId, ring);
    if (this.#rings.size > this.#keptConnectors) this.#forgetOldest();
  }

  /** The last 60 calls of a connector; null where there was none, or it is forgotten. */
  of(connectorId: string): LatencyView | null {
    const ring = this.#rings.get(connectorId);
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

  #forgetOldest(): void {
    for (const oldest of this.#rings.keys()) {
      this.#rings.delete(oldest);
      return;
    }
  }
}

function newRing(): Ring {
  return { ms: new Float64Array(KEPT_CALLS), isOk: new Uint8Array(KEPT_CALLS), count: 0 };
}
