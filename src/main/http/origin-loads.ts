import { monotonicMs } from '../../shared/clock.ts';

/** How many connectors of one origin come up at once, at first and at most. Equal numbers are a fixed limit. */
interface LoadLimits {
  readonly first: number;
  readonly most: number;
}

/** Refusals that come together, such as those of 64 connectors that started at once, are one sign of too much load. */
const ONE_SIGN_MS = 1_000;

interface Load {
  limit: number;
  /** Whether it was too much once, so that the limit grows slowly from then on. */
  isSlow: boolean;
  /** Good answers since the limit last grew. */
  good: number;
  shrunkAtMs: number;
}

/**
 * How many connectors of each origin come up at once. It begins with few, because nothing is known of the origin, and
 * doubles with each good answer, so that 64 connectors behind one origin need one round trip more than one connector.
 * An answer of 429 or 503, or a connection that is reset, halves it; afterwards it grows by one for each full round of
 * good answers (TCP's slow start and congestion avoidance, RFC 5681 section 3.1).
 */
export class OriginLoads {
  readonly #limits: LoadLimits;
  readonly #byOrigin = new Map<string, Load>();
  #onChange: (origin: string, limit: number) => void = () => {};

  constructor(limits: LoadLimits) {
    this.#limits = limits;
  }

  /** Loads that never change: `limit` at once. */
  static fixed(limit: number): OriginLoads {
    return new OriginLoads({ first: limit, most: limit });
  }

  /** Whether answers change anything. */
  get isFixed(): boolean {
    return this.#limits.first >= this.#limits.most;
  }

  limitOf(origin: string): number {
    return this.#byOrigin.get(origin)?.limit ?? this.#limits.first;
  }

  /** Whether the origin has shown that it takes more than at first. */
  hasGrown(origin: string): boolean {
    return this.limitOf(origin) > this.#limits.first;
  }

  /** Has `listener` called with each limit that changes; there is one listener. */
  onChange(listener: (origin: string, limit: number) => void): void {
    this.#onChange = listener;
  }

  /** The origin gave an answer that shows no strain. */
  answered(origin: string): void {
    if (this.isFixed) return;
    const load = this.#load(origin);
    load.good += 1;
    if (load.limit >= this.#limits.most || (load.isSlow && load.good < load.limit)) return;
    this.#set(origin, load, load.isSlow ? load.limit + 1 : load.limit * 2);
  }

  /** The origin asked for fewer requests, or broke a connection. */
  strained(origin: string): void {
    if (this.isFixed) return;
    const load = this.#load(origin);
    if (load.isSlow && monotonicMs() - load.shrunkAtMs < ONE_SIGN_MS) return;
    load.isSlow = true;
    load.shrunkAtMs = monotonicMs();
    this.#set(origin, load, Math.floor(load.limit / 2));
  }

  /** Nothing of the origin comes up any more: the next time begins with few again. */
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
