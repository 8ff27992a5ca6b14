import { raceSignal, startTimer } from '../../../shared/clock.ts';

/**
 * Resolves after `ms` milliseconds; rejects with the signal's reason if it aborts first. The timer keeps no process
 * running.
 */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = startTimer(Math.max(0, ms), resolve);
  return raceSignal(promise, signal).finally(() => timer.cancel());
}
