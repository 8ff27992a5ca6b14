import { type Clock, systemClock } from '../../shared/clock.ts';

interface Held<T> {
  readonly value: T;
  readonly ttlMs: number;
  readonly expiresAt: number;
}

/** Keeps the last value and knows until when it is fresh. An expired value is not forgotten: it is served as stale on error. */
export class ManifestCache<T> {
  readonly #clock: Clock;
  #held: Held<T> | null = null;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** The last value, fresh or stale; undefined if there is none or it never was fresh. */
  get(): T | undefined {
    return this.#held !== null && this.#held.ttlMs > 0 ? this.#held.value : undefined;
  }

  /** The last value while it is fresh, else undefined. */
  getFresh(): T | undefined {
    return this.#held !== null && this.#clock.now() < this.#held.expiresAt ? this.#held.value : undefined;
  }

  /** The last value, whether it ever was fresh or not. */
  peek(): T | undefined {
    return this.#held?.value;
  }

  /** Replaces the value; it is fresh for `ttlMs` milliseconds, not at all if that is no positive number. */
  set(value: T, ttlMs: number): void {
    const checkedMs = Math.max(ttlMs, 0);
    this.#held = { value, ttlMs: checkedMs, expiresAt: this.#clock.now() + checkedMs };
  }

  /** Forgets the value. */
  invalidate(): void {
    this.#held = null;
  }
}
