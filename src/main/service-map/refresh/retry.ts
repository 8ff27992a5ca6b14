import { raceSignal, type Sleep } from '../../../shared/clock.ts';

export interface RetryPolicy<T> {
  /** Returns the milliseconds before retry number `retries` after this result; null if the result is final. */
  readonly delayMs: (result: T, retries: number) => number | null;
  readonly sleep: Sleep;
  /** Ends a pause and the retries: the pause then rejects with the reason of the signal. */
  readonly signal: AbortSignal;
}

/** Runs attempts until a result needs no retry, and returns that result. */
export async function retry<T>(attempt: () => Promise<T>, policy: RetryPolicy<T>): Promise<T> {
  for (let retries = 1; ; retries += 1) {
    const result = await attempt();
    const delayMs = policy.delayMs(result, retries);
    if (delayMs === null) return result;
    // The race is needed because a host's own sleep may ignore the signal.
    await raceSignal(policy.sleep(delayMs, policy.signal), policy.signal);
    policy.signal.throwIfAborted();
  }
}
