import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { deadline, epochMsOf, nextTurn, raceSignal, startTimer, systemSleep } from '../../src/shared/clock.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

describe('deadline', () => {
  it('deadline() aborts with its own reason when its time is over', () => {
    using limit = deadline(100, () => new Error('late'));
    vi.advanceTimersByTime(99);
    expect(limit.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(limit.signal.reason).toMatchObject({ message: 'late' });
  });

  it('deadline() aborts with the reason of its parent, even if the parent aborted earlier', () => {
    const parent = new AbortController();
    using before = deadline(100, () => new Error('late'), parent.signal);
    parent.abort(new Error('parent'));
    using after = deadline(100, () => new Error('late'), parent.signal);
    expect([before.signal.reason.message, after.signal.reason.message]).toEqual(['parent', 'parent']);
  });

  it('deadline() never aborts after it is disposed', () => {
    const parent = new AbortController();
    const limit = deadline(100, () => new Error('late'), parent.signal);
    limit[Symbol.dispose]();
    vi.advanceTimersByTime(1_000);
    parent.abort();
    expect(limit.signal.aborted).toBe(false);
  });
});

describe('systemSleep', () => {
  it('systemSleep() resolves after the delay', async () => {
    const slept = systemSleep(50);
    vi.advanceTimersByTime(50);
    await expect(slept).resolves.toBeUndefined();
  });

  it('systemSleep() rejects with the reason of its signal, whether the signal aborts earlier or later', async () => {
    const controller = new AbortController();
    const slept = systemSleep(50, controller.signal);
    controller.abort(new Error('stop'));
    await expect(slept).rejects.toThrow('stop');
    await expect(systemSleep(50, controller.signal)).rejects.toThrow('stop');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('raceSignal', () => {
  it('raceSignal() settles like the promise that it was given', async () => {
    const { signal } = new AbortController();
    await expect(raceSignal(Promise.resolve(1), signal)).resolves.toBe(1);
    await expect(raceSignal(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
  });

  it('raceSignal() rejects if the signal aborts first', async () => {
    const controller = new AbortController();
    const raced = raceSignal(new Promise(() => {}), controller.signal);
    controller.abort(new Error('stop'));
    await expect(raced).rejects.toThrow('stop');
    await expect(raceSignal(new Promise(() => {}), controller.signal)).rejects.toThrow('stop');
  });
});

describe('timers', () => {
  it('cancelled timers do not fire', () => {
    const fired = vi.fn();
    startTimer(10, fired).cancel();
    vi.advanceTimersByTime(20);
    expect(fired).not.toHaveBeenCalled();
  });

  it('nextTurn() lets other work of the event loop run first', async () => {
    const order: string[] = [];
    const other = new Promise<void>((resolve) => setImmediate(() => resolve(void order.push('other'))));
    await nextTurn().then(() => order.push('own'));
    await other;
    expect(order).toEqual(['other', 'own']);
  });
});

describe('NumericDate', () => {
  it.each([
    [1_795_348_800, 1_795_348_800_000],
    [1_795_348_800.001, 1_795_348_800_001],
    [-1, -1_000],
    [1e300, 8.64e15],
    [1e308, 8.64e15],
    [-1e308, -8.64e15],
  ])('a NumericDate of %d s becomes a valid date', (seconds, expected) => {
    expect(epochMsOf(seconds)).toBe(expected);
    expect(() => new Date(epochMsOf(seconds)).toISOString()).not.toThrow();
  });
});
