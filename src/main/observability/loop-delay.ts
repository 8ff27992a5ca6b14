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
  /**
   * Returns the delay measured since the last `reset()`, or since the start. All values are zero before the first
   * sample.
   */
  read(): LoopDelay;
  reset(): void;
  /** Ends the measurement. Idempotent. */
  close(): void;
}

/** Reports the last complete interval of a measurement. */
export interface LoopDelayWatch {
  /** Returns the delay in the last complete interval or, during the first interval, the delay so far. */
  read(): LoopDelay;
  /** Ends the watch. Idempotent. */
  close(): void;
}

type Samples = Pick<
  ReturnType<typeof monitorEventLoopDelay>,
  'enable' | 'disable' | 'reset' | 'count' | 'percentile' | 'max'
>;

/** Starts a measurement. Each meter has its own samples, so that resetting one does not affect another. */
export function startLoopDelayMeter(
  samples: Samples = monitorEventLoopDelay({ resolution: RESOLUTION_MS }),
): LoopDelayMeter {
  // A sample is the time between two timer ticks, so it includes the timer resolution.
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

/** Watches the event loop interval by interval. The watch does not keep the process running. */
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
