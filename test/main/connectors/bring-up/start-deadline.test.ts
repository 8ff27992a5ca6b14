import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startDeadline } from '../../../../src/main/connectors/bring-up/start-deadline.ts';

const overdue = (elapsedMs: number): Error => new Error(`after ${Math.round(elapsedMs)} ms`);
const parent = (): AbortSignal => new AbortController().signal;

describe('startDeadline', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('startDeadline() aborts a process that shows no activity', () => {
    using limit = startDeadline({ quietMs: 60_000, maxMs: 300_000 }, overdue, parent());
    vi.advanceTimersByTime(59_999);
    expect(limit.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(limit.signal.reason).toEqual(overdue(60_000));
  });

  it('startDeadline() restarts its wait at each line that the process prints, but aborts after five minutes in total', () => {
    using limit = startDeadline({ quietMs: 60_000, maxMs: 300_000 }, overdue, parent());
    for (let count = 0; count < 5; count += 1) {
      vi.advanceTimersByTime(59_000);
      limit.putOff();
    }
    vi.advanceTimersByTime(4_999);
    expect(limit.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(limit.signal.reason).toEqual(overdue(300_000));
  });

  it('startDeadline() does not extend the deadline if the entry sets a fixed limit', () => {
    using limit = startDeadline({ quietMs: 2_000, maxMs: 2_000 }, overdue, parent());
    vi.advanceTimersByTime(1_900);
    limit.putOff();
    vi.advanceTimersByTime(100);
    expect(limit.signal.reason).toEqual(overdue(2_000));
  });

  it('startDeadline() aborts with the reason of its parent signal, even after an extension', () => {
    const leaving = new AbortController();
    using limit = startDeadline({ quietMs: 1_000, maxMs: 9_000 }, overdue, leaving.signal);
    vi.advanceTimersByTime(500);
    limit.putOff();
    leaving.abort(new Error('removed'));
    expect(limit.signal.reason).toEqual(new Error('removed'));
    limit.putOff();
    expect(startDeadline({ quietMs: 1, maxMs: 1 }, overdue, leaving.signal).signal.reason).toEqual(
      new Error('removed'),
    );
  });

  it('startDeadline() never aborts after it is disposed', () => {
    const limit = startDeadline({ quietMs: 1_000, maxMs: 9_000 }, overdue, parent());
    vi.advanceTimersByTime(500);
    limit.putOff();
    limit[Symbol.dispose]();
    vi.advanceTimersByTime(500);
    limit.putOff();
    // No timer is left that would keep the process alive.
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(20_000);
    expect(limit.signal.aborted).toBe(false);
  });
});
