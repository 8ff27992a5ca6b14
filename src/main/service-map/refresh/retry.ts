import { raceSignal, type Sleep } from '../../../shared/clock.ts';

export interface RetryPolicy<T> {
  /** Returns the milliseconds to wait before retry number `retries`, or null if this result is final. */
  readonly delayMs: (result: T, retries: number) => number | null;
  readonly sleep: Sleep;
  /** Cancels the retries. A pause in progress then rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

/** Repeats `attempt` until its result needs no retry, and returns that result. */
export async function retry<T>(attempt: () => Promise<T>, policy: RetryPolicy<T>): Promise<T> {
  for (let retries = 1; ; retries += 1) {
    const result = await attempt();
    const delayMs = policy.delayMs(result, retries);
    if (delayMs === null) return result;
    // The race is needed because the host's own sleep function may ignore the signal.
    await raceSignal(policy.sleep(delayMs, policy.signal), policy.signal);
    policy.signal.throwIfAborted();
  }
}
