import { monotonicMs, type Random, startTimer, type Timer } from '../../../shared/clock.ts';

const BASE_MS = 500;
const CAP_MS = 60_000;

/**
 * Milliseconds before attempt `failures + 1`: full jitter over an exponentially growing range, so that connectors that
 * went down together do not come back together (AWS, "Exponential Backoff And Jitter", 2015).
 */
export function backoffMs(failures: number, random: Random): number {
  const range = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(failures - 1, 30));
  return Math.ceil(random.next() * range);
}

/** The least time between the start of one attempt and the next one that a call asks for. */
const PROBE_GAP_MS = 1_000;

/** When a connector that is down is tried again. */
export class Reconnection {
  readonly #random: Random;
  #failures = 0;
  #startedAtMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | null = null;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Whether a call may ask for an attempt now: one a second, however many calls there are. */
  get mayProbe(): boolean {
    return monotonicMs() - this.#startedAtMs >= PROBE_GAP_MS;
  }

  /** An attempt starts. */
  started(): void {
    this.#startedAtMs = monotonicMs();
  }

  /** An attempt failed, or its connection was lost. */
  failed(): void {
    this.#failures += 1;
  }

  /** A connection was lost. A call may ask for an attempt at once; after a stable connection the pauses start short. */
  lost(wasStable: boolean): void {
    this.#startedAtMs = Number.NEGATIVE_INFINITY;
    if (wasStable) this.#failures = 0;
  }

  /** Makes the next attempt after a pause; `attempt` gets the reason, for people. */
  schedule(attempt: (why: string) => void): void {
    this.#timer = startTimer(backoffMs(this.#failures, this.#random), () => attempt(`attempt ${this.#failures + 1}`));
  }

  cancel(): void {
    this.#timer?.cancel();
  }

  /** Cancels the next attempt and forgets the failures. */
  reset(): void {
    this.cancel();
    this.#failures = 0;
  }
}
