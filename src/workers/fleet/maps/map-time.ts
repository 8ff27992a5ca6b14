import { monotonicMs, startTimer, type Timer } from '../../../shared/clock.ts';

/** A monotonic clock and its timers. Deadlines must not depend on the time of day. */
export interface MapTime {
  /** Returns milliseconds. Only differences between two calls are meaningful. */
  nowMs(): number;
  startTimer(ms: number, callback: () => void): Timer;
}

export const machineTime: MapTime = { nowMs: monotonicMs, startTimer: (ms, callback) => startTimer(ms, callback) };
