import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimerWheel } from '../../src/shared/timer-wheel.ts';

/** Creates a TimerWheel whose clock only moves with `advance`, and counts the timers that the wheel sets. */
function wheelInTime(tickMs = 50) {
  let nowMs = 0;
  let started = 0;
  let source: unknown = 'real';
  const set = new Set<{ readonly atMs: number; readonly callback: () => void; isRef: boolean }>();
  const wheel = new TimerWheel(tickMs, {
    now: () => nowMs,
    start(callback, ms) {
      started += 1;
      const timer = { atMs: nowMs + ms, callback, isRef: true, ref: () => {}, unref: () => {} };
      timer.ref = () => {
        timer.isRef = true;
      };
      timer.unref = () => {
        timer.isRef = false;
      };
      set.add(timer);
      return timer;
    },
    stop: (timer) => void set.delete(timer as never),
    source: () => source,
  });
  return {
    wheel,
    started: () => started,
    set,
    now: () => nowMs,
    replaceTimers(): void {
      source = 'fake';
      set.clear();
    },
    advance(ms: number): void {
      const endMs = nowMs + ms;
      while (true) {
        const [next] = [...set].sort((a, b) => a.atMs - b.atMs);
        if (next === undefined || next.atMs > endMs) break;
        set.delete(next);
        nowMs = next.atMs;
        next.callback();
      }
      nowMs = endMs;
    },
  };
}

describe('TimerWheel', () => {
  it('a TimerWheel fires each timer once unless it is cancelled, never early and at most one tick late', () => {
    const step = fc.record({ waitMs: fc.nat(2_000), ms: fc.nat(100_000), cancelAfterMs: fc.option(fc.nat(100_000)) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { wheel, advance, now, set } = wheelInTime();
        const problems: string[] = [];
        for (const { waitMs, ms, cancelAfterMs } of steps) {
          advance(waitMs);
          const dueMs = now() + ms;
          let state = 'waiting';
          const timer = wheel.add(ms, () => {
            if (state !== 'waiting') problems.push(`fired though it had ${state}`);
            state = 'fired';
            const lateMs = now() - dueMs;
            if (lateMs < 0 || lateMs > 51) problems.push(`${lateMs} ms late`);
          });
          if (cancelAfterMs !== null)
            wheel.add(cancelAfterMs, () => {
              timer.cancel();
              state = 'been cancelled';
            });
        }
        advance(300_000);
        expect(problems).toEqual([]);
        expect(wheel.size).toBe(0);
        expect(set.size).toBe(0);
      }),
    );
  });

  it('a TimerWheel holds 100 000 timers at the same time, and fires all that are not cancelled', () => {
    const { wheel, advance } = wheelInTime();
    let fired = 0;
    const timers = Array.from({ length: 100_000 }, (_, index) =>
      wheel.add((index * 7_919) % 3_600_000, () => {
        fired += 1;
      }),
    );
    for (const [index, timer] of timers.entries()) if (index % 2 === 0) timer.cancel();
    expect(wheel.size).toBe(50_000);
    advance(1_000_000);
    expect(fired).toBe(timers.filter((_, index) => index % 2 === 1 && (index * 7_919) % 3_600_000 <= 1_000_000).length);
  });

  it('a TimerWheel wakes the process once for a distant timer', () => {
    const { wheel, advance, started } = wheelInTime();
    wheel.add(3_600_000, () => {});
    advance(3_500_000);
    expect(started()).toBe(1);
  });

  it('a TimerWheel does not wake the process for each tick while timers are added and cancelled', () => {
    const { wheel, advance, started } = wheelInTime();
    wheel.add(10_000, () => {});
    wheel.add(3_600_000, () => {});
    for (let call = 0; call < 10_000; call += 1) {
      const timer = wheel.add(60_000, () => {});
      advance(25);
      timer.cancel();
    }
    // The wheel sets one timer at the start, and then about one per minute for 250 s.
    expect(started()).toBeLessThan(10);
  });

  it('a TimerWheel does not drift if each timer sets the next timer, and no timer is more than a tick late', () => {
    const { wheel, advance, now } = wheelInTime();
    const latenessMs: number[] = [];
    const next = (dueMs: number): void => {
      wheel.add(dueMs - now(), () => {
        latenessMs.push(now() - dueMs);
        next(dueMs + 130);
      });
    };
    next(130);
    advance(130_000);
    expect(latenessMs.length).toBeGreaterThan(990);
    expect(Math.max(...latenessMs)).toBeLessThanOrEqual(51);
  });

  it('a TimerWheel keeps the process running only for timers that request it', () => {
    const { wheel, set } = wheelInTime();
    const isRef = (): boolean => [...set].some((timer) => timer.isRef);
    wheel.add(1_000, () => {});
    expect(isRef()).toBe(false);
    const one = wheel.add(60_000, () => {}, true);
    expect(isRef()).toBe(true);
    one.cancel();
    one.cancel();
    expect(isRef()).toBe(false);
  });

  it('a TimerWheel forgets ticks whose timers were all cancelled, however distant they are', () => {
    const { wheel, set } = wheelInTime();
    for (let index = 0; index < 50_000; index += 1) wheel.add(1_000_000 + index * 1_000, () => {}).cancel();
    expect(wheel.size).toBe(0);
    wheel.add(5_000, () => {});
    expect(Math.min(...[...set].map(({ atMs }) => atMs))).toBe(5_000);
  });

  it('a TimerWheel fires the other timers of a tick if one throws, but no timer that a callback cancels', () => {
    const { wheel, advance } = wheelInTime();
    const fired: string[] = [];
    const failing = wheel.add(1_000, () => {
      throw new Error('mine');
    });
    const other = wheel.add(1_000, () => {
      fired.push('other');
      last.cancel();
    });
    const last = wheel.add(1_000, () => fired.push('last'));
    expect(() => advance(1_100)).toThrow('mine');
    advance(1_100);
    expect(fired).toEqual(['other']);
    for (const timer of [failing, other, last]) timer.cancel();
    expect(wheel.size).toBe(0);
  });

  it('a TimerWheel sets its timer again if the timers of the process were replaced, for example by fake timers', () => {
    const { wheel, advance, replaceTimers } = wheelInTime();
    let fired = 0;
    wheel.add(1_000, () => {
      fired += 1;
    });
    replaceTimers();
    wheel.add(2_000, () => {
      fired += 1;
    });
    advance(3_000);
    expect(fired).toBe(2);
  });
});
