import { monitorEventLoopDelay } from 'node:perf_hooks';
import { startTimer, type Timer } from '../../shared/clock.ts';

const RESOLUTION_MS = 10;

/** Delay of the event loop, in milliseconds. */
export interface LoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Measures the event loop delay of the current thread. */
export interface LoopDelayMeter {
  /** Returns the delay since the last `reset()`, or since the start. All values are zero until there is a sample. */
  read(): LoopDelay;
  reset(): void;
  /** Ends the measurement. Idempotent. */
  close(): void;
}

/** Measures the event loop delay in intervals, and reports the last complete interval. */
export interface LoopDelayWatch {
  /** Returns the delay in the last complete interval. During the first interval, returns the delay so far. */
  read(): LoopDelay;
  /** Ends the watch. Idempotent. */
  close(): void;
}

type Samples = Pick<
  ReturnType<typeof monitorEventLoopDelay>,
  'enable' | 'disable' | 'reset' | 'count' | 'percentile' | 'max'
>;

/**
 * Starts to measure the event loop delay. Each meter has its own samples, so resetting one meter does not affect the
 * others.
 */
export function startLoopDelayMeter(
  samples: Samples = monitorEventLoopDelay({ resolution: RESOLUTION_MS }),
): LoopDelayMeter {
  // A sample is the time between two ticks of a timer. Only the time beyond the timer's own interval is a delay.
  const delayMs = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  samples.enable();
  return {
    read: () =>
      samples.count === 0
        ? { p50Ms: 0, p99Ms: 0, maxMs: 0 }
        : {
            p50Ms: delayMs(samples.percentile(50)),
            p99Ms: delayMs(samples.percentile(99)),
            maxMs: delayMs(samples.max),
          },
    reset: () => samples.reset(),
    close: () => void samples.disable(),
  };
}

/** Starts to measure the event loop delay in intervals of `intervalMs`. The timer does not keep the process running. */
export function watchLoopDelay(intervalMs: number, meter: LoopDelayMeter = startLoopDelayMeter()): LoopDelayWatch {
  let last: LoopDelay | null = null;
  let timer: Timer | null = null;
  const next = (): void => {
    timer = startTimer(intervalMs, () => {
      last = meter.read();
      meter.reset();
      next();
    });
  };
  next();
  return {
    read: () => last ?? meter.read(),
    close() {
      timer?.cancel();
      meter.close();
    },
  };
}
