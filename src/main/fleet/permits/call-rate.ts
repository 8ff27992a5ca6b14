const SECOND_MS = 1_000;

/** Counts calls per second. */
export class CallRate {
  #startedAtMs = Number.NEGATIVE_INFINITY;
  #now = 0;
  #before = 0;

  note(nowMs: number): void {
    this.#turn(nowMs);
    this.#now += 1;
  }

  /** Returns the number of calls in the last full second or in the current second, whichever is larger. */
  lastSecond(nowMs: number): number {
    this.#turn(nowMs);
    return Math.max(this.#before, this.#now);
  }

  #turn(nowMs: number): void {
    const passedMs = nowMs - this.#startedAtMs;
    if (passedMs < SECOND_MS) return;
    this.#before = passedMs < 2 * SECOND_MS ? this.#now : 0;
    this.#now = 0;
    this.#startedAtMs = nowMs;
  }
}
