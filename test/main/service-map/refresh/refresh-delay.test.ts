import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulateRefreshes } from '../../../../bench/support/refresh-simulation.ts';
import { refreshDelayMs } from '../../../../src/main/service-map/refresh/refresh-delay.ts';

const HOUR = { hosts: 1_000, intervalMs: 300_000, untilMs: 3_600_000 };
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

describe('refreshes of a thousand hosts that start together', () => {
  it('are spread from the first interval on: no second has more than a few', () => {
    const perSecond = simulateRefreshes({ ...HOUR, holdsForMs: null, seed: 1 });
    expect(perSecond).toHaveLength(3_600);
    // 3.3 a second on the average; together they would be 1 000.
    expect(Math.max(...perSecond)).toBeLessThanOrEqual(16);
    expect(sum(perSecond) / 3_600).toBeGreaterThan(3);
    expect(sum(perSecond) / 3_600).toBeLessThan(3.7);
    expect(sum(perSecond.slice(0, 10))).toBeGreaterThan(10);
  });

  it('stay spread where the map holds for less than the interval', () => {
    const perSecond = simulateRefreshes({ ...HOUR, holdsForMs: 60_000, seed: 2 });
    // 39 s between two on the average.
    expect(Math.max(...perSecond.slice(120))).toBeLessThanOrEqual(70);
    expect(sum(perSecond) / HOUR.hosts).toBeGreaterThan(85);
    expect(sum(perSecond) / HOUR.hosts).toBeLessThan(100);
  });
});

describe('refreshDelayMs', () => {
  it('leaves a fifth of the time that a map holds, whatever the interval and the chance', () => {
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
