import {
  type Clock,
  monotonicMs,
  type Random,
  startTimer,
  systemClock,
  systemRandom,
  type Timer,
} from '../../../shared/clock.ts';
import { codeOf, messageOf, SwitchyardError } from '../../../shared/errors.ts';
import type { Logger } from '../../observability/logger.ts';
import { detached } from '../../observability/trace.ts';
import { type RefreshTiming, refreshDelayMs } from './refresh-delay.ts';

/** Options of a `RefreshScheduler`. */
export interface RefreshSchedulerOptions {
  /** Milliseconds between the end of one refresh and the start of the next, before jitter. */
  readonly intervalMs: number;
  /** Share of the interval by which the delay varies in both directions. Defaults to 0.2. */
  readonly jitterFactor?: number | undefined;
  readonly onRefresh: () => Promise<void> | void;
  readonly logger: Logger;
  readonly random?: Random | undefined;
  /** Clock that measures the duration of refreshes for the log. The timers do not use it. */
  readonly clock?: Clock | undefined;
  /**
   * Whether the first refresh takes place at a random time within the first interval. Hosts that start together then
   * send their requests at different times.
   */
  readonly isSpread?: boolean | undefined;
  /** Id of the refreshed source, for the log. */
  readonly sourceId?: string | undefined;
  /** Milliseconds on a monotonic clock. */
  readonly elapsedMs?: (() => number) | undefined;
  /** Starts the timers. Defaults to the timers of the system. */
  readonly startTimer?: typeof startTimer | undefined;
}

/**
 * Calls `onRefresh` repeatedly, each time after interval × (1 ± jitter) milliseconds, but at least 100 ms. The jitter
 * prevents hosts from sending all their requests at the same time. A refresh that rejects is only logged. The timer of
 * the scheduler does not keep the process running. Throws OPTIONS_INVALID if the interval is not a positive finite
 * number.
 */
export class RefreshScheduler {
  readonly #options: RefreshSchedulerOptions;
  readonly #startTimer: typeof startTimer;
  readonly #random: Random;
  readonly #elapsedMs: () => number;
  #timer: Timer | null = null;
  /** When the timer fires, in milliseconds on the clock of `elapsedMs`. */
  #timerAtMs = Number.POSITIVE_INFINITY;
  /** When the last refreshed value stops being valid; null if that is not known. */
  #holdsUntilMs: number | null = null;
  #running = false;
  #flight: Promise<void> | null = null;

  constructor(options: RefreshSchedulerOptions) {
    if (!Number.isFinite(options.intervalMs) || options.intervalMs <= 0) {
      throw new SwitchyardError(
        'OPTIONS_INVALID',
        `Option intervalMs: ${options.intervalMs} is not a positive finite number.`,
      );
    }
    this.#options = options;
    this.#startTimer = options.startTimer ?? startTimer;
    this.#random = options.random ?? systemRandom;
    this.#elapsedMs = options.elapsedMs ?? monotonicMs;
  }

  /** Starts the schedule. The first refresh takes place after the first delay, not immediately. Idempotent. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#schedule(this.#options.isSpread === true ? 'spread' : 'regular');
  }

  /**
   * Sets how long the current value stays valid, in milliseconds. The next refresh then starts well before this time
   * ends.
   */
  holdsFor(ms: number): void {
    this.#holdsUntilMs = this.#elapsedMs() + ms;
    if (!this.#running || this.#flight !== null) return;
    const delayMs = this.#delayMs('regular');
    if (this.#elapsedMs() + delayMs < this.#timerAtMs) this.#setTimer(delayMs);
  }

  /** Stops the schedule. A refresh in flight continues. Idempotent. */
  stop(): void {
    this.#running = false;
    this.#timer?.cancel();
    this.#timer = null;
  }

  /**
   * Refreshes immediately, or joins the refresh in flight. The next delay starts when the refresh ends. Never rejects.
   */
  forceRefresh(): Promise<void> {
    this.#timer?.cancel();
    this.#flight ??= this.#refresh().then((hasWorked) => {
      this.#flight = null;
      if (this.#running) this.#schedule(hasWorked ? 'regular' : 'retry');
    });
    return this.#flight;
  }

  #schedule(kind: RefreshTiming['kind']): void {
    this.#setTimer(this.#delayMs(kind));
  }

  #delayMs(kind: RefreshTiming['kind']): number {
    const { intervalMs, jitterFactor = 0.2 } = this.#options;
    const leftMs = this.#holdsUntilMs === null ? null : this.#holdsUntilMs - this.#elapsedMs();
    // A value that is no longer valid is refreshed after a short delay, not immediately.
    const isOver = leftMs !== null && leftMs <= 0;
    const timing: RefreshTiming = {
      ...{ intervalMs, jitterFactor },
      // If it is not known how long the value stays valid, a failed refresh is repeated only after the regular delay.
      kind: isOver || (kind === 'retry' && leftMs !== null) ? 'retry' : kind === 'retry' ? 'regular' : kind,
      holdsForMs: isOver ? null : leftMs,
    };
    return refreshDelayMs(timing, this.#random.next());
  }

  #setTimer(delayMs: number): void {
    this.#timer?.cancel();
    this.#timerAtMs = this.#elapsedMs() + delayMs;
    // When the timer fires, the operation that started it has ended. The refresh must not belong to the trace of that
    // operation.
    this.#timer = this.#startTimer(delayMs, () => void detached(() => this.forceRefresh()));
  }

  /** Runs one refresh. Resolves with whether it succeeded. */
  async #refresh(): Promise<boolean> {
    const { clock = systemClock, logger, onRefresh, sourceId } = this.#options;
    const startedAt = clock.now();
    const who = sourceId === undefined ? {} : { sourceId };
    try {
      await onRefresh();
      logger.info({ ...who, event: 'refresh-completed', durationMs: clock.now() - startedAt }, 'Refresh completed');
      return true;
    } catch (error) {
      const fields = {
        ...who,
        event: 'refresh-failed',
        code: codeOf(error),
        error: messageOf(error),
        err: error,
      };
      logger.warn(fields, 'Refresh failed');
      return false;
    }
  }
}
