/** `half-open`: one attempt is allowed, and its outcome closes or opens the circuit again. */
export type CircuitState = 'closed' | 'open' | 'half-open';

/**
 * A circuit that opens after `threshold` failures in a row and stays open for `resetMs` milliseconds. The clock `now()`
 * should be monotonic. The circuit does not limit the attempts while it is half-open, so its callers must share one
 * attempt.
 */
export class CircuitBreaker {
  readonly #threshold: number;
  readonly #resetMs: number;
  readonly #now: () => number;
  #failures = 0;
  #openedAt: number | null = null;

  constructor(options: { readonly threshold: number; readonly resetMs: number; readonly now: () => number }) {
    this.#threshold = options.threshold;
    this.#resetMs = options.resetMs;
    this.#now = options.now;
  }

  get state(): CircuitState {
    if (this.#openedAt === null) return 'closed';
    return this.#now() - this.#openedAt < this.#resetMs ? 'open' : 'half-open';
  }

  /** The number of failures since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** Closes the circuit after a success. */
  succeed(): void {
    this.#failures = 0;
    this.#openedAt = null;
  }

  /** Counts a failure. Returns whether this failure opened the circuit. */
  fail(): boolean {
    this.#failures += 1;
    if (this.#failures < this.#threshold) return false;
    this.#openedAt = this.#now();
    return true;
  }
}
