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
  /** Clock that measures the refreshes for the log; the timers do not use it. */
  readonly clock?: Clock | undefined;
  /**
   * Places the first refresh anywhere within the first interval, so that hosts that start together do not send requests
   * together.
   */
  readonly isSpread?: boolean | undefined;
  /** Id of the refreshed source, for the log. */
  readonly sourceId?: string | undefined;
  /** Milliseconds on a monotonic clock. */
  readonly elapsedMs?: (() => number) | undefined;
  /** Sets the timers. Defaults to the timers of the system. */
  readonly startTimer?: typeof startTimer | undefined;
}

/**
 * Calls `onRefresh` repeatedly, each time after interval × (1 ± jitter) milliseconds and at least 100 ms. The jitter
 * keeps hosts from sending requests in step. A refresh that rejects is logged, never thrown. The timer of the scheduler
 * does not keep the process running. Throws OPTIONS_INVALID for an interval that is not a positive finite number.
 */
export class RefreshScheduler {
  readonly #options: RefreshSchedulerOptions;
  readonly #startTimer: typeof startTimer;
  readonly #random: Random;
  readonly #elapsedMs: () => number;
  #timer: Timer | null = null;
  /** When the timer fires. */
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

  /** Starts the schedule; the first refresh comes after one delay. Idempotent. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#schedule(this.#options.isSpread === true ? 'spread' : 'regular');
  }

  /** Sets how long the current value stays valid. The next refresh comes well before that time ends. */
  holdsFor(ms: number): void {
    this.#holdsUntilMs = this.#elapsedMs() + ms;
    if (!this.#running || this.#flight !== null) return;
    const delayMs = this.#delayMs('regular');
    if (this.#elapsedMs() + delayMs < this.#timerAtMs) this.#setTimer(delayMs);
  }

  /** Stops the schedule; a refresh in flight continues. Idempotent. */
  stop(): void {
    this.#running = false;
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Refreshes now, or joins the refresh in flight; the schedule restarts when it ends. Never rejects. */
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
    // A value that is no longer valid is refreshed after a short delay rather than at once.
    const isOver = leftMs !== null && leftMs <= 0;
    const timing: RefreshTiming = {
      ...{ intervalMs, jitterFactor },
      // If the validity is unknown, a failure waits for the regular turn, as in the replaced scheduler.
      kind: isOver || (kind === 'retry' && leftMs !== null) ? 'retry' : kind === 'retry' ? 'regular' : kind,
      holdsForMs: isOver ? null : leftMs,
    };
    return refreshDelayMs(timing, this.#random.next());
  }

  #setTimer(delayMs: number): void {
    this.#timer?.cancel();
    this.#timerAtMs = this.#elapsedMs() + delayMs;
    // The operation that sets the timer is over when it fires, so the refresh gets no trace context from it.
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
