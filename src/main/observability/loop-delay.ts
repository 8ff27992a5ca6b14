import { monitorEventLoopDelay } from 'node:perf_hooks';
import { startTimer, type Timer } from '../../shared/clock.ts';

const RESOLUTION_MS = 10;

/** How late the event loop was, in milliseconds. */
export interface LoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Measures the delay of this thread's event loop. */
export interface LoopDelayMeter {
  /** The delay since the last `reset()`, or since the start; all zero before the first sample. */
  read(): LoopDelay;
  reset(): void;
  /** Ends the measurement. Idempotent. */
  close(): void;
}

/** The last whole interval of a measurement. */
export interface LoopDelayWatch {
  /** The delay in the last whole interval; in the first interval, the delay so far. */
  read(): LoopDelay;
  /** Ends the watch. Idempotent. */
  close(): void;
}

type Samples = Pick<
  ReturnType<typeof monitorEventLoopDelay>,
  'enable' | 'disable' | 'reset' | 'count' | 'percentile' | 'max'
>;

/** Starts a measurement. Each meter has samples of its own, so that the reset of one does not disturb another. */
export function startLoopDelayMeter(
  samples: Samples = monitorEventLoopDelay({ resolution: RESOLUTION_MS }),
): LoopDelayMeter {
  // A sample is the time between two looks at the clock, which includes the resolution.
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

/** Watches the event loop, interval by interval. The watch does not keep the process running. */
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
