import { monitorEventLoopDelay } from 'node:perf_hooks';
import { startTimer, type Timer } from '../../../../shared/clock.ts';

const RESOLUTION_MS = 10;

/** How much later than asked for the event loop came round, in milliseconds. */
export interface LoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** A watch over the event loop of this thread. */
export interface LoopDelayWatch {
  /** That of the last whole interval; before the first is over, that of what there is of it. */
  read(): LoopDelay;
  /** Ends the watch. Idempotent. */
  close(): void;
}

/** Watches the event loop, interval by interval; it does not keep the process running. */
export function watchLoopDelay(intervalMs: number): LoopDelayWatch {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  let last: LoopDelay | null = null;
  let timer: Timer | null = null;
  const look = (): LoopDelay => {
    if (histogram.count === 0) return { p50Ms: 0, p99Ms: 0, maxMs: 0 };
    // What is recorded is the time between two looks, the resolution included.
    const delayMs = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
    return {
      p50Ms: delayMs(histogram.percentile(50)),
      p99Ms: delayMs(histogram.percentile(99)),
      maxMs: delayMs(histogram.max),
    };
  };
  const next = (): void => {
    timer = startTimer(intervalMs, () => {
      last = look();
      histogram.reset();
      next();
    });
  };
  histogram.enable();
  next();
  return {
    read: () => last ?? look(),
    close() {
      timer?.cancel();
      histogram.disable();
    },
  };
}
