import { monotonicMs, type Random, startTimer, type Timer } from '../../../shared/clock.ts';
import type { SwitchyardError } from '../../../shared/errors.ts';

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
  /** Until then the server wants no request (`Retry-After`). */
  #heldUntilMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | null = null;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Whether a call may ask for an attempt now: one a second, however many calls there are. */
  get mayProbe(): boolean {
    return !this.isHeld && monotonicMs() - this.#startedAtMs >= PROBE_GAP_MS;
  }

  /** Whether the server asked not to be tried again yet. */
  get isHeld(): boolean {
    return monotonicMs() < this.#heldUntilMs;
  }

  /** An attempt starts. */
  started(): void {
    this.#startedAtMs = monotonicMs();
  }

  /** An attempt failed, or its connection was lost. `error` may say after how long the server may be tried again. */
  failed({ detail }: Pick<SwitchyardError, 'detail'>): void {
    this.#failures += 1;
    const holdMs = detail.retryAfterMs;
    this.#heldUntilMs = typeof holdMs === 'number' ? monotonicMs() + holdMs : Number.NEGATIVE_INFINITY;
  }

  /** A connection was lost. A call may ask for an attempt at once; after a stable connection the pauses start short. */
  lost(wasStable: boolean): void {
    this.#startedAtMs = Number.NEGATIVE_INFINITY;
    if (wasStable) this.#failures = 0;
  }

  /** Makes the next attempt after a pause, which follows the server's own. `attempt` gets the reason, for people. */
  schedule(attempt: (why: string) => void): void {
    const heldMs = Math.max(0, this.#heldUntilMs - monotonicMs());
    const delayMs = heldMs + backoffMs(this.#failures, this.#random);
    this.#timer = startTimer(delayMs, () => attempt(`attempt ${this.#failures + 1}`));
  }

  cancel(): void {
    this.#timer?.cancel();
  }

  /** Cancels the next attempt and forgets the failures. */
  reset(): void {
    this.cancel();
    this.#failures = 0;
    this.#heldUntilMs = Number.NEGATIVE_INFINITY;
  }
}
