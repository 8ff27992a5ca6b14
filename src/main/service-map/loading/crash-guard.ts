/** After the loss of this many threads within {@link WINDOW_MS}, no more threads are started. */
const MAX_LOSSES = 5;
const WINDOW_MS = 60_000;

/**
 * Stops a pool from starting more and more threads if they keep dying, because that would slow down the whole machine.
 */
export class CrashGuard {
  readonly #nowMs: () => number;
  #lossesAt: readonly number[] = [];

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Records that a thread was lost. */
  note(): void {
    this.#lossesAt = [...this.#lossesAt, this.#nowMs()].slice(-MAX_LOSSES);
  }

  /** Whether too many threads were lost within the last minute. */
  get isTripped(): boolean {
    const oldest = this.#lossesAt[0];
    return this.#lossesAt.length === MAX_LOSSES && oldest !== undefined && this.#nowMs() - oldest < WINDOW_MS;
  }
}
