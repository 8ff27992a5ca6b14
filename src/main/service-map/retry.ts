import type { Sleep } from '../../shared/clock.ts';

export interface RetryPolicy<T> {
  /** Pauses before the second, third, … attempt, in milliseconds; their number bounds the retries. */
  readonly delaysMs: readonly number[];
  readonly sleep: Sleep;
  /** Ends a pause and the retrying; the pause then rejects with its reason. */
  readonly signal: AbortSignal;
  /** Whether another attempt is worth its pause. */
  readonly isFailure: (result: T) => boolean;
}

/** The first result that is no failure, or the last one. */
export async function retry<T>(attempt: () => Promise<T>, policy: RetryPolicy<T>): Promise<T> {
  let result = await attempt();
  for (const delayMs of policy.delaysMs) {
    if (!policy.isFailure(result)) return result;
    await policy.sleep(delayMs, policy.signal);
    policy.signal.throwIfAborted();
    result = await attempt();
  }
  return result;
}
