import { monotonicMs, startTimer, type Timer } from '../../../shared/clock.ts';

/** The monotonic clock of this process and its timers. No deadline here knows the time of day. */
export interface MapTime {
  /** Milliseconds; only differences mean anything. */
  nowMs(): number;
  startTimer(ms: number, callback: () => void): Timer;
}

export const machineTime: MapTime = { nowMs: monotonicMs, startTimer: (ms, callback) => startTimer(ms, callback) };
