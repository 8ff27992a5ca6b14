import { monotonicMs, type Random, startTimer, type Timer } from '../../../shared/clock.ts';
import type { SwitchyardError } from '../../../shared/errors.ts';

const BASE_MS = 500;
const CAP_MS = 60_000;

/**
 * Returns the delay in milliseconds before the next attempt: a random part of a range that grows exponentially with
 * `failures` (full jitter). Connectors that went down at the same time then come back at different times (AWS,
 * "Exponential Backoff And Jitter", 2015).
 */
export function backoffMs(failures: number, random: Random): number {
  const range = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(failures - 1, 30));
  return Math.ceil(random.next() * range);
}

/** Minimum time from the start of an attempt until a call may start the next attempt. */
const PROBE_GAP_MS = 1_000;

/** Decides when a connector that is down is retried. */
export class Reconnection {
  readonly #random: Random;
  #failures = 0;
  #startedAtMs = Number.NEGATIVE_INFINITY;
  /** Time until which the server wants no requests (`Retry-After`), on the monotonic clock. */
  #heldUntilMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | null = null;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Whether a call may start an attempt now. All calls together may start at most one attempt per second. */
  get mayProbe(): boolean {
    return !this.isHeld && monotonicMs() - this.#startedAtMs >= PROBE_GAP_MS;
  }

  /** Whether the server requested a pause that has not ended yet. */
  get isHeld(): boolean {
    return monotonicMs() < this.#heldUntilMs;
  }

  /** Notes the start of an attempt. */
  started(): void {
    this.#startedAtMs = monotonicMs();
  }

  /**
   * Notes that an attempt failed, or that the connection was lost. `detail` contains the delay that the server
   * requested, if any.
   */
  failed({ detail }: Pick<SwitchyardError, 'detail'>): void {
    this.#failures += 1;
    const holdMs = detail.retryAfterMs;
    this.#heldUntilMs = typeof holdMs === 'number' ? monotonicMs() + holdMs : Number.NEGATIVE_INFINITY;
  }

  /**
   * Notes that a connection was lost. A call may then start an attempt immediately. If the connection was stable, the
   * pauses start again with the shortest pause.
   */
  lost(wasStable: boolean): void {
    this.#startedAtMs = Number.NEGATIVE_INFINITY;
    if (wasStable) this.#failures = 0;
  }

  /**
   * Schedules the next attempt after a backoff. If the server requested a pause, the backoff starts at the end of that
   * pause. Calls `attempt` with the reason for the attempt as readable text.
   */
  schedule(attempt: (why: string) => void): void {
    const heldMs = Math.max(0, this.#heldUntilMs - monotonicMs());
    const delayMs = heldMs + backoffMs(this.#failures, this.#random);
    this.#timer = startTimer(delayMs, () => attempt(`attempt ${this.#failures + 1}`));
  }

  cancel(): void {
    this.#timer?.cancel();
  }

  /** Cancels the next attempt and resets the failure count. */
  reset(): void {
    this.cancel();
    this.#failures = 0;
    this.#heldUntilMs = Number.NEGATIVE_INFINITY;
  }
}
