import { settledWithin } from '../../shared/clock.ts';
import type { Fleet } from './fleet.ts';

/**
 * Resolves once the first attempt to reach the fleet server has succeeded or failed, at the latest after `ms`
 * milliseconds. Never rejects.
 */
export async function firstAttempt(fleet: Pick<Fleet, 'isConnected' | 'on' | 'status'>, ms: number): Promise<void> {
  if (fleet.isConnected || fleet.status().failure !== null) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const off = fleet.on('connection', () => resolve());
  await settledWithin(promise, ms);
  off();
}
