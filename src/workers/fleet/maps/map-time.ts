import { monotonicMs, startTimer, type Timer } from '../../../shared/clock.ts';

/** The monotonic clock of this process and its timers. No deadline here depends on the time of day. */
export interface MapTime {
  /** Returns milliseconds; only differences are meaningful. */
  nowMs(): number;
  startTimer(ms: number, callback: () => void): Timer;
}

export const machineTime: MapTime = { nowMs: monotonicMs, startTimer: (ms, callback) => startTimer(ms, callback) };
