import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isExpiring,
  refreshInMs,
} from '../../../../../../src/main/connectors/credentials/logins/refresh/refresh-schedule.ts';
import { tokensOf } from '../../../../../helpers/logins.ts';

const FROM = 1_700_000_000_000;
const living = (lifeMs: number | null) =>
  tokensOf('a', { obtainedAtMs: FROM, expiresAtMs: lifeMs === null ? null : FROM + lifeMs });

describe('isExpiring', () => {
  it.each([
    [3_600_000, 3_589_999, false],
    [3_600_000, 3_590_000, true],
    [5_000, 3_999, false],
    [5_000, 4_000, true],
    [0, 0, true],
    [null, 1e12, false],
  ])('for a token with a lifetime of %s ms, isExpiring() after %s ms is %s', (lifeMs, afterMs, expected) => {
    expect(isExpiring(living(lifeMs), FROM + afterMs)).toBe(expected);
  });
});

describe('refreshInMs', () => {
  it('a token is refreshed in the background after 60 % to 85 % of its lifetime, depending on a random value', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 11_765, max: 1e12 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (lifeMs, chance) => {
          const inMs = refreshInMs(living(lifeMs), FROM, { next: () => chance }) ?? Number.NaN;
          expect(inMs).toBeGreaterThanOrEqual(lifeMs * 0.6 - 1);
          expect(inMs).toBeLessThanOrEqual(lifeMs * 0.85 + 1);
        },
      ),
    );
  });

  it('a token past 85 % of its lifetime is refreshed within 10 s, and before it expires', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 11_765, max: 1e9 }),
        fc.double({ min: 0.85, max: 0.999, noNaN: true }),
        (lifeMs, part) => {
          const inMs = refreshInMs(living(lifeMs), FROM + lifeMs * part, { next: () => 0.99 }) ?? Number.NaN;
          expect(inMs).toBeGreaterThanOrEqual(0);
          expect(inMs).toBeLessThanOrEqual(Math.min(10_000, lifeMs * (1 - part)) + 1);
        },
      ),
    );
  });

  it('a token is not refreshed in the background within two seconds of its issue', () => {
    for (const lifeMs of [1, 1_000, 2_352]) expect(refreshInMs(living(lifeMs), FROM, { next: () => 0 })).toBeNull();
    expect(refreshInMs(living(2_400), FROM, { next: () => 0 })).toBe(2_000);
  });

  it('a token that has expired or that never expires is not refreshed in the background', () => {
    expect(refreshInMs(living(1_000), FROM + 1_000, { next: () => 0 })).toBeNull();
    expect(refreshInMs(living(null), FROM, { next: () => 0 })).toBeNull();
  });
});
