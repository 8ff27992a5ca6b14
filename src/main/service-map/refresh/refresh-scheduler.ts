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

export interface RefreshSchedulerOptions {
  /** Milliseconds between the end of one refresh and the start of the next, before jitter. */
  readonly intervalMs: number;
  /** Share of the interval by which it varies either way. 0.2. */
  readonly jitterFactor?: number | undefined;
  readonly onRefresh: () => Promise<void> | void;
  readonly logger: Logger;
  readonly random?: Random | undefined;
  /** Times the refreshes for the log; the timers are not its. */
  readonly clock?: Clock | undefined;
  /** Has the first refresh come anywhere within the first interval, so that hosts which start together do not ask together. */
  readonly isSpread?: boolean | undefined;
  /** What is refreshed, for the log. */
  readonly sourceId?: string | undefined;
  /** Milliseconds on a clock that never steps back. */
  readonly elapsedMs?: (() => number) | undefined;
  /** Sets the timers; the system's by default. */
  readonly startTimer?: typeof startTimer | undefined;
}

/** What logs of the replaced scheduler are found by. */
const LOG_FIELDS = { brand: 'brAInwav' };

/**
 * Calls `onRefresh` again and again, each time after interval × (1 ± jitter) milliseconds and at least 100 ms; the jitter keeps
 * many hosts from asking in step. A refresh that rejects is logged, never thrown. Its timer does not keep the process running.
 * Throws OPTIONS_INVALID for an interval that is not a positive finite number.
 */
export class RefreshScheduler {
  readonly #options: RefreshSchedulerOptions;
  readonly #startTimer: typeof startTimer;
  readonly #random: Random;
  readonly #elapsedMs: () => number;
  #timer: Timer | null = null;
  /** When the timer fires. */
  #timerAtMs = Number.POSITIVE_INFINITY;
  /** Until when what was refreshed last holds; null if nobody said. */
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

  /** Says for how long what there is still holds: the next refresh comes well before that, if it was not to come sooner. */
  holdsFor(ms: number): void {
    this.#holdsUntilMs = this.#elapsedMs() + ms;
    if (!this.#running || this.#flight !== null) return;
    const delayMs = this.#delayMs('regular');
    if (this.#elapsedMs() + delayMs < this.#timerAtMs) this.#setTimer(delayMs);
  }

  /** Stops the schedule; a refresh under way goes on. Idempotent. */
  stop(): void {
    this.#running = false;
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Refreshes now, or joins the refresh under way; the schedule counts anew from its end. Never rejects. */
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
    // What holds no longer cannot be saved: it is asked for again soon, not at once.
    const isOver = leftMs !== null && leftMs <= 0;
    const timing: RefreshTiming = {
      ...{ intervalMs, jitterFactor },
      // Without a word of how long it holds a failure waits for its turn, as in the replaced scheduler.
      kind: isOver || (kind === 'retry' && leftMs !== null) ? 'retry' : kind === 'retry' ? 'regular' : kind,
      holdsForMs: isOver ? null : leftMs,
    };
    return refreshDelayMs(timing, this.#random.next());
  }

  #setTimer(delayMs: number): void {
    this.#timer?.cancel();
    this.#timerAtMs = this.#elapsedMs() + delayMs;
    // The operation in which the timer is set is over by the time it fires.
    this.#timer = this.#startTimer(delayMs, () => void detached(() => this.forceRefresh()));
  }

  /** Whether it worked. */
  async #refresh(): Promise<boolean> {
    const { clock = systemClock, logger, onRefresh, sourceId } = this.#options;
    const startedAt = clock.now();
    const who = { ...LOG_FIELDS, ...(sourceId !== undefined && { sourceId }) };
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
