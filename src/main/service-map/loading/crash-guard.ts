/** Threads that may be lost within {@link WINDOW_MS} before no more are started. */
const MAX_LOSSES = 5;
const WINDOW_MS = 60_000;

/** Stops a pool from starting thread after thread where each dies: the next would too, and each death costs the whole machine. */
export class CrashGuard {
  readonly #nowMs: () => number;
  #lossesAt: readonly number[] = [];

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Notes a thread that was lost. */
  note(): void {
    this.#lossesAt = [...this.#lossesAt, this.#nowMs()].slice(-MAX_LOSSES);
  }

  /** Whether too many were lost; over once the oldest of them is a minute ago. */
  get isTripped(): boolean {
    const oldest = this.#lossesAt[0];
    return this.#lossesAt.length === MAX_LOSSES && oldest !== undefined && this.#nowMs() - oldest < WINDOW_MS;
  }
}
