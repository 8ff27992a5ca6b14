import { describe, expect, it } from 'vitest';
import { retry } from '../../../../src/main/service-map/refresh/retry.ts';

describe('retry', () => {
  const policy = (sleeps: number[], signal = new AbortController().signal) => ({
    delayMs: (result: string, retries: number) => (result === 'bad' ? ([50, 100][retries - 1] ?? null) : null),
    sleep: async (ms: number): Promise<void> => void sleeps.push(ms),
    signal,
  });

  it('retry() stops at the first result that is not a failure', async () => {
    const sleeps: number[] = [];
    const results = ['bad', 'good', 'never'];
    expect(await retry(async () => results.shift() ?? '', policy(sleeps))).toBe('good');
    expect(sleeps).toEqual([50]);
  });

  it('retry() returns the last failure after all its pauses', async () => {
    const sleeps: number[] = [];
    let attempts = 0;
    const attempt = async (): Promise<string> => {
      attempts += 1;
      return 'bad';
    };
    expect(await retry(attempt, policy(sleeps))).toBe('bad');
    expect([attempts, sleeps]).toEqual([3, [50, 100]]);
  });

  it('retry() stops retrying once its signal is aborted', async () => {
    const controller = new AbortController();
    const attempt = async (): Promise<string> => {
      controller.abort(new Error('closed'));
      return 'bad';
    };
    await expect(retry(attempt, policy([], controller.signal))).rejects.toThrow('closed');
  });
});
