import { raceSignal, type Sleep } from '../../../shared/clock.ts';

export interface RetryPolicy<T> {
  /** Milliseconds before the attempt after this result, the `retries`-th repetition; null if the result is the last one. */
  readonly delayMs: (result: T, retries: number) => number | null;
  readonly sleep: Sleep;
  /** Ends a pause and the retrying; the pause then rejects with its reason. */
  readonly signal: AbortSignal;
}

/** The first result that is worth no other attempt. */
export async function retry<T>(attempt: () => Promise<T>, policy: RetryPolicy<T>): Promise<T> {
  for (let retries = 1; ; retries += 1) {
    const result = await attempt();
    const delayMs = policy.delayMs(result, retries);
    if (delayMs === null) return result;
    // Raced besides being signalled: a caller's own sleep may not heed the signal.
    await raceSignal(policy.sleep(delayMs, policy.signal), policy.signal);
    policy.signal.throwIfAborted();
  }
}
