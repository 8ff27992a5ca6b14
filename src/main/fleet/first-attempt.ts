import { settledWithin, startTimer, type Timer } from '../../shared/clock.ts';
import type { Fleet } from './fleet.ts';

/** How long a retry may take after the first failure. On a busy machine, a first attempt may time out. */
const RETRY_WITHIN_MS = 1_500;

/**
 * Resolves once the fleet server is reachable, 1.5 s after the first failure to reach it, or after `ms` milliseconds.
 * Resolves immediately if the fleet thread cannot start. Never rejects.
 */
export async function firstAttempt(fleet: Pick<Fleet, 'isConnected' | 'on' | 'status'>, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let retry: Timer | null = null;
  const look = (): void => {
    const { isConnected, failure } = fleet.status();
    if (isConnected || (failure !== null && failure.code !== 'FLEET_UNAVAILABLE')) resolve();
    else if (failure !== null) retry ??= startTimer(RETRY_WITHIN_MS, resolve);
  };
  const off = fleet.on('connection', look);
  look();
  await settledWithin(promise, ms);
  off();
  (retry as Timer | null)?.cancel();
}
