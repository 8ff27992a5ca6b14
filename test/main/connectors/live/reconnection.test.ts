import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backoffMs, Reconnection } from '../../../../src/main/connectors/live/reconnection.ts';

describe('backoffMs', () => {
  it('the pause before a reconnection is random, and its maximum doubles with each failure up to 60 s', () => {
    expect([1, 2, 3, 8, 50].map((failures) => backoffMs(failures, { next: () => 1 }))).toEqual([
      500, 1_000, 2_000, 60_000, 60_000,
    ]);
    expect(backoffMs(8, { next: () => 0 })).toBe(0);
    expect(backoffMs(2, { next: () => 0.5 })).toBe(500);
  });
});

describe('Reconnection', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('a reconnection first waits as long as the server requested, even if a call arrives, and then backs off', async () => {
    const attempts: string[] = [];
    const reconnection = new Reconnection({ next: () => 1 });
    reconnection.failed({ detail: { retryAfterMs: 30_000 } });
    reconnection.schedule((why) => void attempts.push(why));
    await vi.advanceTimersByTimeAsync(29_999);
    expect([reconnection.isHeld, reconnection.mayProbe]).toEqual([true, false]);
    await vi.advanceTimersByTimeAsync(1);
    expect([reconnection.isHeld, reconnection.mayProbe, attempts]).toEqual([false, true, []]);
    await vi.advanceTimersByTimeAsync(500);
    expect(attempts).toEqual(['attempt 2']);
  });

  it('a reconnection cancels a wait requested by the server if the entry changes or the next failure requests no wait', () => {
    const reconnection = new Reconnection({ next: () => 1 });
    reconnection.failed({ detail: { retryAfterMs: 30_000 } });
    reconnection.failed({ detail: {} });
    expect(reconnection.isHeld).toBe(false);
    reconnection.failed({ detail: { retryAfterMs: 30_000 } });
    reconnection.reset();
    expect(reconnection.isHeld).toBe(false);
  });
});
