import { monitorEventLoopDelay } from 'node:perf_hooks';
import { monotonicMs } from '../../../shared/clock.ts';

/** How long the event loop was held while it was watched, in milliseconds. */
export interface LoopHold {
  /** The longest, by the drift of a timer of a millisecond. */
  readonly maxMs: number;
  readonly p99Ms: number;
  /** The longest, by the runtime's own histogram of event loop delay. */
  readonly delayMaxMs: number;
}

/** Watches the event loop of this thread. */
export function watchLoop(): { stop(): LoopHold } {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const drifts: number[] = [];
  let last = monotonicMs();
  const look = (): void => {
    const now = monotonicMs();
    drifts.push(Math.max(0, now - last - 1));
    last = now;
  };
  const timer = setInterval(look, 1);
  return {
    stop() {
      look();
      clearInterval(timer);
      delay.disable();
      drifts.sort((a, b) => a - b);
      const at = (share: number): number => drifts[Math.max(0, Math.ceil(share * drifts.length) - 1)] ?? 0;
      // Its recorded value includes the resolution.
      return { maxMs: at(1), p99Ms: at(0.99), delayMaxMs: Math.max(0, delay.max / 1e6 - 1) };
    },
  };
}
