import { type Clock, monotonicMs, systemClock } from '../../shared/clock.ts';

interface Held<T> {
  readonly value: T;
  readonly ttlMs: number;
  readonly expiresAt: number;
  /** When the value was set, in milliseconds of a monotonic clock. */
  readonly setAtMs: number;
}

/**
 * Stores the last value and how long it is fresh. An expired value stays, so that it can be served as stale after an
 * error.
 */
export class ManifestCache<T> {
  readonly #clock: Clock;
  readonly #elapsedMs: () => number;
  #held: Held<T> | null = null;

  /**
   * `elapsedMs` must be monotonic, because a value would otherwise stay fresh for longer when the clock is set back.
   */
  constructor(
    clock: Clock = systemClock,
    elapsedMs: () => number = clock === systemClock ? monotonicMs : () => clock.now(),
  ) {
    this.#clock = clock;
    this.#elapsedMs = elapsedMs;
  }

  /**
   * Returns the last value, even if it has become stale. Returns undefined if there is no value, or if the value was
   * already stale when it was set.
   */
  get(): T | undefined {
    return this.#held !== null && this.#held.ttlMs > 0 ? this.#held.value : undefined;
  }

  /** Returns the last value while it is fresh, else undefined. */
  getFresh(): T | undefined {
    if (this.#held === null) return undefined;
    const { value, ttlMs, expiresAt, setAtMs } = this.#held;
    return this.#clock.now() < expiresAt && this.#elapsedMs() - setAtMs < ttlMs ? value : undefined;
  }

  /** Returns the last value, even if it was set without being fresh. */
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
