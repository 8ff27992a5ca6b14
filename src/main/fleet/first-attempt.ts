import { settledWithin, startTimer, type Timer } from '../../shared/clock.ts';
import type { Fleet } from './fleet.ts';

/** How long to wait for a retry after the first failure. On a busy machine, a first attempt may time out. */
const RETRY_WITHIN_MS = 1_500;

/**
 * Waits until the fleet server is reachable or, with `until: 'roster'`, until it has sent the list of hosts. Stops
 * waiting 1.5 s after the first failure to reach the server, or after `ms` milliseconds. Resolves immediately if the
 * fleet thread cannot start. Never rejects.
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
