import { raceSignal, startTimer } from '../../../shared/clock.ts';

/**
 * Resolves after `ms` milliseconds. Rejects with the signal's reason if the signal aborts first. The timer does not
 * keep the process running.
 */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = startTimer(Math.max(0, ms), resolve);
  return raceSignal(promise, signal).finally(() => timer.cancel());
}
