import { type Clock, monotonicMs, systemClock } from '../../shared/clock.ts';

interface Held<T> {
  readonly value: T;
  readonly ttlMs: number;
  readonly expiresAt: number;
  /** When the value was set, on a monotonic clock. */
  readonly setAtMs: number;
}

/** Keeps the last value and knows until when it is fresh. An expired value is kept, to be served as stale on error. */
export class ManifestCache<T> {
  readonly #clock: Clock;
  readonly #elapsedMs: () => number;
  #held: Held<T> | null = null;

  /** `elapsedMs` is monotonic, so that setting the clock back does not keep a value fresh for longer. */
  constructor(
    clock: Clock = systemClock,
    elapsedMs: () => number = clock === systemClock ? monotonicMs : () => clock.now(),
  ) {
    this.#clock = clock;
    this.#elapsedMs = elapsedMs;
  }

  /** Returns the last value, fresh or stale; undefined without a value, or if the value never was fresh. */
  get(): T | undefined {
    return this.#held !== null && this.#held.ttlMs > 0 ? this.#held.value : undefined;
  }

  /** Returns the last value while it is fresh, else undefined. */
  getFresh(): T | undefined {
    if (this.#held === null) return undefined;
    const { value, ttlMs, expiresAt, setAtMs } = this.#held;
    return this.#clock.now() < expiresAt && this.#elapsedMs() - setAtMs < ttlMs ? value : undefined;
  }

  /** Returns the last value, whether it ever was fresh or not. */
  peek(): T | undefined {
    return this.#held?.value;
  }

  /** Replaces the value. It is fresh for `ttlMs` milliseconds, or not at all if `ttlMs` is not a positive number. */
  set(value: T, ttlMs: number): void {
    const checkedMs = Math.max(ttlMs, 0);
    this.#held = { value, ttlMs: checkedMs, expiresAt: this.#clock.now() + checkedMs, setAtMs: this.#elapsedMs() };
  }

  /** Forgets the value. */
  invalidate(): void {
    this.#held = null;
  }
}
