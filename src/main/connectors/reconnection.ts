import { monotonicMs, type Random, startTimer, type Timer } from '../../shared/clock.ts';
import { backoffMs } from './backoff.ts';

/** The least time between the start of one attempt and one that a call asks for. */
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

  /** An attempt failed, or what it brought was lost. */
  failed(): void {
    this.#failures += 1;
  }

  /** The last attempt succeeded: a call may ask for the next at once. After a good while the pauses begin anew, too. */
  lost(wasStable: boolean): void {
    this.#startedAtMs = Number.NEGATIVE_INFINITY;
    if (wasStable) this.#failures = 0;
  }

  /** Has `attempt` made after a pause; it is given why. */
  schedule(attempt: (why: string) => void): void {
    this.#timer = startTimer(backoffMs(this.#failures, this.#random), () => attempt(`attempt ${this.#failures + 1}`));
  }

  cancel(): void {
    this.#timer?.cancel();
  }

  /** Begins anew, as for a connector that was never tried. */
  reset(): void {
    this.cancel();
    this.#failures = 0;
  }
}
