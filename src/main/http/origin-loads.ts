import { monotonicMs } from '../../shared/clock.ts';

/**
 * Initial and maximum value of the limit on how many connectors of one origin connect at the same time. If the two
 * values are equal, the limit is fixed.
 */
interface LoadLimits {
  readonly first: number;
  readonly most: number;
}

/** Refusals within this time, such as those of 64 connectors that started together, count as one sign of overload. */
const ONE_SIGN_MS = 1_000;

interface Load {
  limit: number;
  /** Whether the origin was overloaded before, so that the limit now grows slowly. */
  isSlow: boolean;
  /** Number of good responses since the limit was last raised. */
  good: number;
  shrunkAtMs: number;
}

/**
 * Limits how many connectors of each origin connect at the same time. The limit starts low, because nothing is known of
 * the origin, and doubles with each good response. So 64 connectors behind one origin need only one more round trip
 * than a single connector. A response of 429 or 503, or a reset connection, halves the limit. Afterwards the limit
 * grows by one for each full round of good responses (TCP's slow start and congestion avoidance, RFC 5681 section 3.1).
 */
export class OriginLoads {
  readonly #limits: LoadLimits;
  readonly #byOrigin = new Map<string, Load>();
  #onChange: (origin: string, limit: number) => void = () => {};

  constructor(limits: LoadLimits) {
    this.#limits = limits;
  }

  /** Creates an instance in which each origin has the same fixed limit. */
  static fixed(limit: number): OriginLoads {
    return new OriginLoads({ first: limit, most: limit });
  }

  /** Whether the limit is fixed, so that responses do not change it. */
  get isFixed(): boolean {
    return this.#limits.first >= this.#limits.most;
  }

  limitOf(origin: string): number {
    return this.#byOrigin.get(origin)?.limit ?? this.#limits.first;
  }

  /** Whether the limit of the origin has grown beyond its initial value. */
  hasGrown(origin: string): boolean {
    return this.limitOf(origin) > this.#limits.first;
  }

  /**
   * Calls `listener` with the origin and its new limit whenever a limit changes. A second listener replaces the first.
   */
  onChange(listener: (origin: string, limit: number) => void): void {
    this.#onChange = listener;
  }

  /** Records a response that shows no sign of overload. */
  answered(origin: string): void {
    if (this.isFixed) return;
    const load = this.#load(origin);
    load.good += 1;
    if (load.limit >= this.#limits.most || (load.isSlow && load.good < load.limit)) return;
    this.#set(origin, load, load.isSlow ? load.limit + 1 : load.limit * 2);
  }

  /** Records that the origin asked for fewer requests, or broke a connection. */
  strained(origin: string): void {
    if (this.isFixed) return;
    const load = this.#load(origin);
    if (load.isSlow && monotonicMs() - load.shrunkAtMs < ONE_SIGN_MS) return;
    load.isSlow = true;
    load.shrunkAtMs = monotonicMs();
    this.#set(origin, load, Math.floor(load.limit / 2));
  }

  /**
   * Forgets the origin, because none of its connectors is connecting any more. If it is used again, its limit starts at
   * the initial value.
   */
  forget(origin: string): void {
    this.#byOrigin.delete(origin);
  }

  #load(origin: string): Load {
    const known = this.#byOrigin.get(origin);
    if (known !== undefined) return known;
    const load = { limit: this.#limits.first, isSlow: false, good: 0, shrunkAtMs: 0 };
    this.#byOrigin.set(origin, load);
    return load;
  }

  #set(origin: string, load: Load, limit: number): void {
    load.good = 0;
    load.limit = Math.max(1, Math.min(limit, this.#limits.most));
    this.#onChange(origin, load.limit);
  }
}
