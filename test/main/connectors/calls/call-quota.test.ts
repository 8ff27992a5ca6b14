import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CallQuota } from '../../../../src/main/connectors/calls/call-quota.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const { signal } = new AbortController();

/** Asks for a place; `began` once it has it. */
function ask(quota: CallQuota, began: string[], name: string, limit = signal): Promise<() => void> {
  const place = quota.acquire(limit, 'one', 600_000);
  place.then(
    () => began.push(name),
    () => {},
  );
  return place;
}

describe('CallQuota', () => {
  it('lets everything through where the map sets none', async () => {
    const quota = new CallQuota(undefined);
    await Promise.all(Array.from({ length: 500 }, () => quota.acquire(signal, 'one', 600_000)));
  });

  it('lets so many run at a time, the next in order as one ends', async () => {
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

  it('lets so many begin within a window that slides', async () => {
    const quota = new CallQuota({ perMinute: 2 });
    const began: string[] = [];
    for (const name of ['a', 'b', 'c']) void ask(quota, began, name).then((leave) => leave());
    await vi.advanceTimersByTimeAsync(59_999);
    expect(began).toEqual(['a', 'b']);
    await vi.advanceTimersByTimeAsync(2);
    expect(began).toEqual(['a', 'b', 'c']);
  });

  it('refuses a call where too many wait, or none may ever begin', async () => {
    const quota = new CallQuota({ concurrent: 1 });
    await quota.acquire(signal, 'one', 600_000);
    const waiting = Array.from({ length: 128 }, () => quota.acquire(signal, 'one', 600_000));
    for (const place of waiting) place.catch(() => {});
    await vi.advanceTimersByTimeAsync(0);
    await expect(quota.acquire(signal, 'one', 600_000)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    await expect(new CallQuota({ perDay: 0 }).acquire(signal, 'one', 600_000)).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
    });
  });

  it('gives up a place in the line when its caller does', async () => {
    const quota = new CallQuota({ concurrent: 1 });
    const leave = await quota.acquire(signal, 'one', 600_000);
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

  it('takes up quotas that change, counting what began before', async () => {
    const quota = new CallQuota({ perMinute: 1 });
    await quota.acquire(signal, 'one', 600_000);
    const began: string[] = [];
    void ask(quota, began, 'more');
    quota.update({ perMinute: 2 });
    await vi.advanceTimersByTimeAsync(0);
    expect(began).toEqual(['more']);
  });

  it('refuses a call at once whose place becomes free after its deadline, and says when', async () => {
    const quota = new CallQuota({ perMinute: 2 });
    for (let count = 0; count < 2; count += 1) await quota.acquire(signal, 'one', 6_000);
    await vi.advanceTimersByTimeAsync(10_000);
    await expect(quota.acquire(signal, 'one', 49_999)).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      message: 'The quota of connector one is used up: its next free place is in 50 s.',
    });
    const patient = quota.acquire(signal, 'one', 50_001);
    await vi.advanceTimersByTimeAsync(50_000);
    await patient;
  });

  it('counts the calls that wait already when it says whether there will be a place in time', async () => {
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
