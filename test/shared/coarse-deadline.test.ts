import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { coarseDeadline, startCoarseTimer } from '../../src/shared/clock.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const same = (reason: unknown): unknown => reason;
const late = (): Error => new Error('late');

describe('coarseDeadline', () => {
  it('coarseDeadline() aborts after its delay, and at most 50 ms later', () => {
    using limit = coarseDeadline(60_000, late, undefined, same);
    vi.advanceTimersByTime(59_999);
    expect(limit.aborted).toBe(false);
    vi.advanceTimersByTime(52);
    expect(limit.reason).toMatchObject({ message: 'late' });
  });

  it('coarseDeadline() is exact for delays under one second', () => {
    using limit = coarseDeadline(100, late, undefined, same);
    vi.advanceTimersByTime(99);
    expect(limit.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(limit.aborted).toBe(true);
  });

  it('coarseDeadline() aborts with the mapped reason of its parent, unless it was released', () => {
    const parent = new AbortController();
    using limit = coarseDeadline(60_000, late, parent.signal, (reason) => `inherited ${String(reason)}`);
    const released = coarseDeadline(60_000, late, parent.signal, same);
    released.unlink();
    parent.abort('parent');
    expect(limit.reason).toBe('inherited parent');
    vi.advanceTimersByTime(120_000);
    expect(released.aborted).toBe(false);
  });
});

it('a timer of startCoarseTimer() does not fire after it was cancelled', () => {
  const fired = vi.fn();
  startCoarseTimer(5_000, fired).cancel();
  startCoarseTimer(5_000, fired);
  vi.advanceTimersByTime(6_000);
  expect(fired).toHaveBeenCalledOnce();
});
