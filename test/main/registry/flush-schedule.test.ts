import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FlushSchedule } from '../../../src/main/registry/flush-schedule.ts';

const TOLD = ['exit', 'beforeExit'] as const;
let listeners: Record<(typeof TOLD)[number], number>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  listeners = { exit: process.listenerCount('exit'), beforeExit: process.listenerCount('beforeExit') };
});
afterEach(() => void vi.useRealTimers());

/** Returns the number of process listeners for each event that were added since the start of the test. */
const added = () => TOLD.map((event) => process.listenerCount(event) - listeners[event]);

function setUp() {
  const flush = vi.fn();
  const schedule = new FlushSchedule({ intervalMs: 100, flush, finish: () => null });
  return { flush, schedule };
}

describe('FlushSchedule', () => {
  it('servers.json is written once, one interval after the first of several changes', () => {
    const { flush, schedule } = setUp();
    schedule.changed();
    vi.advanceTimersByTime(60);
    schedule.changed();
    vi.advanceTimersByTime(39);
    expect(flush).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(flush).toHaveBeenCalledTimes(1);
    schedule.stop();
  });

  it('FlushSchedule measures the time since the first unwritten change of `servers.json`, even during a write', () => {
    const { schedule } = setUp();
    expect(schedule.behindMs()).toBeNull();
    schedule.changed();
    vi.advanceTimersByTime(30);
    schedule.begin();
    schedule.writing();
    vi.advanceTimersByTime(20);
    schedule.changed();
    expect(schedule.behindMs()).toBe(50);
    schedule.written();
    expect(schedule.behindMs()).toBe(0);
    schedule.begin();
    schedule.writing();
    schedule.written();
    expect(schedule.behindMs()).toBeNull();
  });

  it('FlushSchedule listens for the end of the process only while changes of `servers.json` are unwritten', () => {
    const { schedule } = setUp();
    expect(added()).toEqual([0, 0]);
    schedule.changed();
    expect(added()).toEqual([1, 1]);
    schedule.begin();
    expect(added()).toEqual([1, 0]);
    schedule.writing();
    schedule.written();
    expect(added()).toEqual([0, 0]);
  });

  it('a failed write of servers.json is retried after the interval, without keeping the process alive', () => {
    const { flush, schedule } = setUp();
    schedule.changed();
    schedule.begin();
    schedule.writing();
    vi.advanceTimersByTime(10);
    schedule.failed();
    expect([added(), schedule.behindMs()]).toEqual([[1, 0], 10]);
    vi.advanceTimersByTime(100);
    expect(flush).toHaveBeenCalledTimes(1);
    schedule.stop();
  });

  it('no write of servers.json starts after its schedule was stopped', () => {
    const { flush, schedule } = setUp();
    schedule.changed();
    schedule.stop();
    schedule.changed();
    schedule.failed();
    vi.advanceTimersByTime(1_000);
    expect([flush.mock.calls.length, added()]).toEqual([0, [0, 0]]);
  });
});
