import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulateRefreshes } from '../../../../bench/support/refresh-simulation.ts';
import { type RefreshTiming, refreshDelayMs } from '../../../../src/main/service-map/refresh/refresh-delay.ts';

const HOUR = { hosts: 1_000, intervalMs: 300_000, untilMs: 3_600_000 };
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

describe('refreshes of a thousand hosts that start together', () => {
  it('the refreshes of a thousand hosts that start together are spread, with at most a few per second', () => {
    const perSecond = simulateRefreshes({ ...HOUR, holdsForMs: null, seed: 1 });
    expect(perSecond).toHaveLength(3_600);
    // The average is 3.3 refreshes per second. Without spreading, all 1 000 would come in the same second.
    expect(Math.max(...perSecond)).toBeLessThanOrEqual(16);
    expect(sum(perSecond) / 3_600).toBeGreaterThan(3);
    expect(sum(perSecond) / 3_600).toBeLessThan(3.7);
    expect(sum(perSecond.slice(0, 10))).toBeGreaterThan(10);
  });

  it('the refreshes of a thousand hosts stay spread out, even if the map is valid for less time than the refresh interval', () => {
    const perSecond = simulateRefreshes({ ...HOUR, holdsForMs: 60_000, seed: 2 });
    // The average time between two refreshes of a host is 39 s.
    expect(Math.max(...perSecond.slice(120))).toBeLessThanOrEqual(70);
    expect(sum(perSecond) / HOUR.hosts).toBeGreaterThan(85);
    expect(sum(perSecond) / HOUR.hosts).toBeLessThan(100);
  });
});

describe('refreshDelayMs', () => {
  const HOLDS = { intervalMs: 300_000, jitterFactor: 0.2, holdsForMs: null } as const;
  it.each<[string, Partial<RefreshTiming>, number, number]>([
    ['at any time within the interval', { kind: 'spread' }, 0.25, 75_000],
    ['at least 100 ms from now', { kind: 'spread' }, 0, 100],
    ['one interval from now on average', { kind: 'regular' }, 0.5, 300_000],
    ['one interval minus the jitter from now', { kind: 'regular' }, 0, 240_000],
    ['one interval plus the jitter from now', { kind: 'regular' }, 1, 360_000],
    ['at the earliest time if the sample is below 0', { kind: 'regular' }, -1, 240_000],
    ['at the latest time if the sample is above 1', { kind: 'regular' }, 2, 360_000],
    ['at the earliest 15 s after a failure', { kind: 'retry' }, 0, 15_000],
    ['on average 30 s after a failure', { kind: 'retry' }, 0.5, 30_000],
    ['at the latest 45 s after a failure', { kind: 'retry' }, 1, 45_000],
    ['within a short interval after a failure', { kind: 'retry', intervalMs: 10_000 }, 0.5, 10_000],
    ['when half of the map lifetime has passed', { kind: 'regular', holdsForMs: 60_000 }, 0, 30_000],
    ['when 80 % of the map lifetime has passed', { kind: 'regular', holdsForMs: 60_000 }, 1, 48_000],
    ['100 ms from now if the map has expired', { kind: 'regular', holdsForMs: 0 }, 1, 100],
    ['at most the maximum timer delay from now', { kind: 'regular', intervalMs: 1e12 }, 0.5, 2 ** 31 - 1],
    [
      'at most the maximum timer delay from now for a map of any lifetime',
      { kind: 'regular', intervalMs: 1e12, holdsForMs: 1e13 },
      0.5,
      2 ** 31 - 1,
    ],
  ])('refreshDelayMs() schedules a refresh %s', (_, timing, sample, expected) => {
    expect(refreshDelayMs({ ...HOLDS, kind: 'regular', ...timing }, sample)).toBeCloseTo(expected, 6);
  });

  it('refreshDelayMs() leaves a fifth of the map lifetime for retries, for any interval and random value', () => {
    const positive = fc.double({ min: 1_000, max: 1e9, noNaN: true });
    const kinds = fc.constantFrom('spread' as const, 'regular' as const, 'retry' as const);
    fc.assert(
      fc.property(
        positive,
        positive,
        kinds,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (intervalMs, holdsForMs, kind, chance) => {
          const delayMs = refreshDelayMs({ intervalMs, jitterFactor: 0.2, kind, holdsForMs }, chance);
          expect(delayMs).toBeGreaterThanOrEqual(100);
          expect(delayMs).toBeLessThanOrEqual(0.8 * holdsForMs + 1e-6);
          expect(delayMs).toBeLessThanOrEqual(1.2 * intervalMs + 1e-6);
        },
      ),
    );
  });
});
