import { describe, expect, it } from 'vitest';
import { MapAge } from '../../../src/main/service-map/map-age.ts';

const MINUTE = 60_000;

/** Creates a MapAge with test clocks and timers. `told` records its notifications. */
function ageOf(maxStaleMs: number | null) {
  const told: string[] = [];
  const time = { wallMs: 1_000_000, elapsedMs: 5 };
  const timers: { delayMs: number; fire: () => void }[] = [];
  const age = new MapAge({
    clock: { now: () => time.wallMs },
    elapsedMs: () => time.elapsedMs,
    maxStaleMs,
    onAging: () => void told.push('aging'),
    onTooStale: () => void told.push('too stale'),
    startTimer: (delayMs, fire) => {
      const timer = { delayMs, fire };
      timers.push(timer);
      return { cancel: () => void timers.splice(timers.indexOf(timer), 1) };
    },
  });
  const pass = (ms: number): void => {
    time.wallMs += ms;
    time.elapsedMs += ms;
  };
  const fire = (): void => timers.shift()?.fire();
  return { age, told, time, timers, pass, fire };
}

describe('MapAge', () => {
  it('a host reports once that a map reached half of its maximum age, and once that it reached the maximum', () => {
    const { age, told, time, pass } = ageOf(100);
    age.watch(time.wallMs + 10);
    for (const [ms, sofar] of [
      [60, []],
      [1, ['aging']],
      [49, ['aging']],
      [1, ['aging', 'too stale']],
      [1_000, ['aging', 'too stale']],
    ] as const) {
      pass(ms);
      age.check();
      expect(told).toEqual(sofar);
    }
  });

  it('the timer for the age of a map is set to the next limit, at most a minute ahead', () => {
    const { age, told, time, timers, pass, fire } = ageOf(20_000);
    age.watch(time.wallMs + 5 * MINUTE);
    expect(timers.map(({ delayMs }) => delayMs)).toEqual([MINUTE]);
    for (let minute = 0; minute < 5; minute += 1) {
      pass(MINUTE);
      fire();
    }
    expect([timers[0]?.delayMs, told]).toEqual([10_001, []]);
    pass(10_001);
    fire();
    expect([timers[0]?.delayMs, told]).toEqual([10_000, ['aging']]);
    pass(10_000);
    fire();
    expect([timers, told]).toEqual([[], ['aging', 'too stale']]);
  });

  it('a map ages immediately if the wall clock is set forward, and never becomes younger', () => {
    const { age, told, time, pass } = ageOf(100);
    age.watch(time.wallMs + 10);
    time.wallMs -= MINUTE;
    pass(111);
    age.check();
    expect(told).toEqual(['too stale']);
    age.watch(time.wallMs + 10);
    time.wallMs += MINUTE;
    age.check();
    expect(told).toEqual(['too stale', 'too stale']);
  });

  it('the age of a map starts from zero with each map that is accepted or confirmed', () => {
    const { age, told, time, timers, pass } = ageOf(100);
    age.watch(time.wallMs + 10);
    pass(80);
    age.check();
    age.watch(time.wallMs + 10);
    pass(80);
    age.check();
    expect([told, timers.length]).toEqual([['aging', 'aging'], 1]);
    age.stop();
    pass(MINUTE);
    age.check();
    expect([told, timers.length]).toEqual([['aging', 'aging'], 0]);
  });

  it('no age timer is set for a map that has no age limit', () => {
    const { age, told, timers, pass } = ageOf(null);
    age.watch(0);
    pass(MINUTE);
    age.check();
    expect([told, timers]).toEqual([[], []]);
  });

  it('a map is dropped at its expiry if its maximum age is 0', () => {
    const { age, told, time, pass } = ageOf(0);
    age.watch(time.wallMs + 10);
    pass(10);
    age.check();
    expect(told).toEqual([]);
    pass(1);
    age.check();
    expect(told).toEqual(['too stale']);
  });
});
