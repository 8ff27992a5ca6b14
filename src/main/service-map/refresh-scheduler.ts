import { type Clock, type Random, startTimer, systemClock, systemRandom, type Timer } from '../../shared/clock.ts';
import { codeOf, messageOf, SwitchyardError } from '../../shared/errors.ts';
import type { Logger } from '../logger.ts';

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
  /** Sets the timers; the system's by default. */
  readonly startTimer?: typeof startTimer | undefined;
}

/** What logs of the replaced scheduler are found by. */
const LOG_FIELDS = { brand: 'brAInwav' };

const MIN_DELAY_MS = 100;
const MAX_DELAY_MS = 2 ** 31 - 1;

/**
 * Calls `onRefresh` again and again, each time after interval × (1 ± jitter) milliseconds and at least 100 ms; the jitter keeps
 * many hosts from asking in step. A refresh that rejects is logged, never thrown. Its timer does not keep the process running.
 * Throws OPTIONS_INVALID for an interval that is not a positive finite number.
 */
export class RefreshScheduler {
  readonly #options: RefreshSchedulerOptions;
  readonly #startTimer: typeof startTimer;
  readonly #random: Random;
  #timer: Timer | null = null;
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
  }

  /** Starts the schedule; the first refresh comes after one delay. Idempotent. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#schedule();
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
    this.#flight ??= this.#refresh().finally(() => {
      this.#flight = null;
      if (this.#running) this.#schedule();
    });
    return this.#flight;
  }

  #schedule(): void {
    this.#timer?.cancel();
    const { intervalMs, jitterFactor = 0.2 } = this.#options;
    const sample = Math.min(1, Math.max(0, this.#random.next()));
    const factor = 1 + jitterFactor * (2 * sample - 1);
    const delayMs = Math.min(MAX_DELAY_MS, Math.max(MIN_DELAY_MS, intervalMs * factor));
    this.#timer = this.#startTimer(delayMs, () => void this.forceRefresh());
  }

  async #refresh(): Promise<void> {
    const { clock = systemClock, logger, onRefresh } = this.#options;
    const startedAt = clock.now();
    try {
      await onRefresh();
      logger.info(
        { ...LOG_FIELDS, event: 'refresh-completed', durationMs: clock.now() - startedAt },
        'Refresh completed',
      );
    } catch (error) {
      const fields = {
        ...LOG_FIELDS,
        event: 'refresh-failed',
        code: codeOf(error),
        error: messageOf(error),
        err: error,
      };
      logger.warn(fields, 'Refresh failed');
    }
  }
}
