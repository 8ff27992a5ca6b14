import { type Clock, systemClock } from '../../shared/clock.ts';

/** Keeps one value and knows until when it is fresh. An expired value is not forgotten: it is served as stale on error. */
export class ManifestCache<T> {
  readonly #clock: Clock;
  #held: { readonly value: T; readonly expiresAt: number } | null = null;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** The value while it is fresh, else undefined. */
  get(): T | undefined {
    return this.#held !== null && this.#clock.now() < this.#held.expiresAt ? this.#held.value : undefined;
  }

  /** The last value, fresh or not. */
  getStale(): T | undefined {
    return this.#held?.value;
  }

  /** Replaces the value; it is fresh for `ttlMs` milliseconds, not at all if that is 0 or less. */
  set(value: T, ttlMs: number): void {
    this.#held = { value, expiresAt: this.#clock.now() + ttlMs };
  }

  /** Forgets the value. */
  invalidate(): void {
    this.#held = null;
  }
}
