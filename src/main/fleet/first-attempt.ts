import { settledWithin, startTimer, type Timer } from '../../shared/clock.ts';
import type { Fleet } from './fleet.ts';

/** How long a retry may take after the first failure. On a busy machine, a first attempt may time out. */
const RETRY_WITHIN_MS = 1_500;

/**
 * Resolves once the fleet server is reachable (with `until: 'roster'`, once it has sent the roster), 1.5 s after the
 * first failure to reach it, or after `ms` milliseconds. Resolves immediately if the fleet thread cannot start. Never
 * rejects.
 */
export async function firstAttempt(
  fleet: Pick<Fleet, 'on' | 'status'>,
  ms: number,
  until: 'connection' | 'roster' = 'connection',
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let retry: Timer | null = null;
  const look = (): void => {
    const { isConnected, failure } = fleet.status();
    if (isConnected && until === 'connection') resolve();
    else if (failure !== null && failure.code !== 'FLEET_UNAVAILABLE') resolve();
    else if (failure !== null) retry ??= startTimer(RETRY_WITHIN_MS, resolve);
  };
  const stops = [fleet.on('connection', look), fleet.on('roster', () => resolve())];
  look();
  await settledWithin(promise, ms);
  for (const stop of stops) stop();
  (retry as Timer | null)?.cancel();
}
