import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CallQuota } from '../../../../src/main/connectors/calls/call-quota.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const { signal } = new AbortController();

/** Requests a slot for a call. When the call gets its slot, its name is added to `began`. */
function ask(quota: CallQuota, began: string[], name: string, limit = signal): Promise<() => void> {
  const place = quota.acquire(limit, 'one', 100_000_000);
  place.then(
    () => began.push(name),
    () => {},
  );
  return place;
}

const exceeded = { code: 'QUOTA_EXCEEDED', detail: { connectorId: 'one' } };

describe('CallQuota', () => {
  it('CallQuota starts every call immediately if the map sets no quota', async () => {
    const quota = new CallQuota(undefined);
    await Promise.all(Array.from({ length: 500 }, () => quota.acquire(signal, 'one', 100_000_000)));
  });

  it('CallQuota runs as many concurrent calls as allowed, and starts the next call in order when one ends', async () => {
    const quota = new CallQuota({ concurrent: 2 });
    const began: string[] = [];
    const places = ['a', 'b', 'c', 'd'].map((name) => ask(quota, began, name));
    await vi.advanceTimersByTimeAsync(0);
    expect(began).toEqual(['a', 'b']);
    const leave = await places[0];
    leave?.();
    leave?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(began).toEqual(['a', 'b', 'c']);
  });

  it('CallQuota starts waiting calls in order, however often a slot becomes free', async () => {
    const quota = new CallQuota({ concurrent: 1 });
    const began: string[] = [];
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) void ask(quota, began, name).then((leave) => leave());
    await vi.advanceTimersByTimeAsync(0);
    expect(began).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  it.each([
    ['perMinute', 60_000],
    ['perHour', 3_600_000],
    ['perDay', 86_400_000],
  ] as const)('CallQuota starts as many calls within the window of %s as allowed', async (name, windowMs) => {
    const quota = new CallQuota({ [name]: 2 });
    const began: string[] = [];
    for (const call of ['a', 'b', 'c']) void ask(quota, began, call).then((leave) => leave());
    await vi.advanceTimersByTimeAsync(windowMs - 1);
    expect(began).toEqual(['a', 'b']);
    await vi.advanceTimersByTimeAsync(1);
    expect(began).toEqual(['a', 'b', 'c']);
  });

  it('CallQuota uses a sliding window, in which each call frees its capacity when it leaves the window', async () => {
    const quota = new CallQuota({ perMinute: 2 });
    const began: string[] = [];
    void ask(quota, began, 'at 0 s');
    await vi.advanceTimersByTimeAsync(30_000);
    for (const call of ['at 30 s', 'at 60 s', 'at 90 s']) void ask(quota, began, call);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(began).toEqual(['at 0 s', 'at 30 s', 'at 60 s']);
    await vi.advanceTimersByTimeAsync(29_999);
    expect(began).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(1);
    expect(began).toHaveLength(4);
  });

  it('CallQuota queues at most 128 calls, and rejects the next call', async () => {
    const quota = new CallQuota({ concurrent: 1 });
    await quota.acquire(signal, 'one', 100_000_000);
    const refused: unknown[] = [];
    for (let call = 0; call < 128; call += 1)
      quota.acquire(signal, 'one', 100_000_000).catch((error) => refused.push(error));
    await vi.advanceTimersByTimeAsync(0);
    expect(refused).toEqual([]);
    await expect(quota.acquire(signal, 'one', 100_000_000)).rejects.toMatchObject(exceeded);
  });

  it.each([{ concurrent: 0 }, { perDay: 0 }])(
    'CallQuota rejects every call if the quota is zero (%j)',
    async (quotas) => {
      await expect(new CallQuota(quotas).acquire(signal, 'one', 100_000_000)).rejects.toMatchObject(exceeded);
    },
  );

  it('CallQuota removes an aborted call from the queue', async () => {
    const quota = new CallQuota({ concurrent: 1 });
    const leave = await quota.acquire(signal, 'one', 100_000_000);
    const controller = new AbortController();
    const began: string[] = [];
    const given = ask(quota, began, 'gone', controller.signal);
    given.catch(() => {});
    void ask(quota, began, 'next');
    await vi.advanceTimersByTimeAsync(0);
    controller.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    leave();
    await vi.advanceTimersByTimeAsync(0);
    expect(began).toEqual(['next']);
  });

  it('CallQuota rejects a call that was aborted before it started, even if there is capacity', async () => {
    const aborted = AbortSignal.abort(new Error('too late'));
    await expect(new CallQuota({ concurrent: 1 }).acquire(aborted, 'one', 100_000_000)).rejects.toThrow('too late');
  });

  it('CallQuota leaves no timer behind if a call that waits for capacity is aborted', async () => {
    const quota = new CallQuota({ perMinute: 1 });
    await quota.acquire(signal, 'one', 100_000_000);
    const controller = new AbortController();
    const waiting = quota.acquire(controller.signal, 'one', 100_000_000);
    waiting.catch(() => {});
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(1);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('CallQuota applies changed quotas, and counts the calls that started before the change', async () => {
    const quota = new CallQuota({ perMinute: 1 });
    await quota.acquire(signal, 'one', 100_000_000);
    const began: string[] = [];
    for (const call of ['second', 'third']) void ask(quota, began, call);
    quota.update({ perMinute: 2 });
    await vi.advanceTimersByTimeAsync(0);
    expect(began).toEqual(['second']);
  });

  it('CallQuota starts several waiting calls together if a changed quota has capacity for them', async () => {
    const quota = new CallQuota({ concurrent: 1 });
    await quota.acquire(signal, 'one', 100_000_000);
    const began: string[] = [];
    for (const call of ['a', 'b', 'c']) void ask(quota, began, call);
    await vi.advanceTimersByTimeAsync(0);
    quota.update({ concurrent: 3 });
    await vi.advanceTimersByTimeAsync(0);
    expect(began).toEqual(['a', 'b']);
  });

  it('CallQuota immediately rejects a call that could not start before its deadline, and says when a slot becomes free', async () => {
    const quota = new CallQuota({ perMinute: 2 });
    for (let count = 0; count < 2; count += 1) await quota.acquire(signal, 'one', 6_000);
    await vi.advanceTimersByTimeAsync(10_000);
    await expect(quota.acquire(signal, 'one', 49_999)).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      message: 'The quota of connector one is used up: the next call can start in 50 s.',
    });
    const patient = quota.acquire(signal, 'one', 50_001);
    await vi.advanceTimersByTimeAsync(50_000);
    await patient;
  });

  it('CallQuota includes the waiting calls when it predicts whether a slot becomes free before a deadline', async () => {
    const quota = new CallQuota({ perMinute: 1 });
    await quota.acquire(signal, 'one', 1_000);
    const first = quota.acquire(signal, 'one', 70_000);
    await vi.advanceTimersByTimeAsync(0);
    await expect(quota.acquire(signal, 'one', 70_000)).rejects.toMatchObject({
      message: expect.stringContaining('in 120 s'),
    });
    await vi.advanceTimersByTimeAsync(60_000);
    await first;
  });
});
