import { describe, expect, it } from 'vitest';
import { assertTimely, isServable } from '../../../src/shared/load/timeliness.ts';
import { loadTask } from '../../helpers/load-task.ts';
import { NOW } from '../../helpers/signed-map.ts';

const policy = { ...loadTask().policy, maxSkewMs: 10 };
const good = { generatedAtMs: NOW, expiresAtMs: NOW + 1 };

describe('lifetime of a map', () => {
  it.each([
    ['from the latest allowed moment in the future', { generatedAtMs: NOW + 10 }, {}],
    ['as old as the floor', {}, { floorMs: NOW }],
    ['expired, if that is allowed', { expiresAtMs: NOW }, { allowExpired: true }],
  ])('a map is accepted if it is %s', (_, map, more) => {
    expect(() => assertTimely({ ...good, ...map }, { ...policy, ...more })).not.toThrow();
  });

  it.each([
    ['MAP_FROM_FUTURE', { generatedAtMs: NOW + 11 }, {}],
    ['MAP_ROLLED_BACK', {}, { floorMs: NOW + 1 }],
    ['MAP_ROLLED_BACK', {}, { floorMs: NOW + 1, allowExpired: true }],
    ['MAP_EXPIRED', { expiresAtMs: NOW }, {}],
    ['MAP_TOO_STALE', { expiresAtMs: NOW - 10 }, { allowExpired: true, maxStaleMs: 10 }],
    ['MAP_TOO_STALE', { expiresAtMs: NOW }, { allowExpired: true, maxStaleMs: 0 }],
  ])('a map is rejected with %s one millisecond beyond the limit', (code, map, more) => {
    const judge = (): number => assertTimely({ ...good, ...map }, { ...policy, ...more });
    expect(judge).toThrow(expect.objectContaining({ code }));
  });

  it('a map is valid until its expiry, or until maxStaleMs later if expired maps are allowed', () => {
    expect([NOW + 1, NOW].map((atMs) => isServable(atMs, policy))).toEqual([true, false]);
    const stale = { ...policy, allowExpired: true, maxStaleMs: 10 };
    expect([NOW - 9, NOW - 10].map((atMs) => isServable(atMs, stale))).toEqual([true, false]);
    expect(isServable(0, { ...stale, maxStaleMs: null })).toBe(true);
  });

  it.each([
    ['MAP_EXPIRED', NOW - 2, NOW - 1, NOW - 1],
    ['MAP_KEY_EXPIRED', NOW, NOW - 1, NOW],
    ['KEYS_EXPIRED', NOW + 1, NOW, NOW - 1],
  ])('a map is valid until the first of its expiry times, and the error after it is %s', (code, ttl, key, keys) => {
    const map = { ...good, expiresAtMs: ttl };
    const bounds = [
      { atMs: key, code: 'MAP_KEY_EXPIRED' },
      { atMs: keys, code: 'KEYS_EXPIRED' },
    ] as const;
    expect(() => assertTimely(map, policy, bounds)).toThrow(expect.objectContaining({ code }));
    expect(assertTimely(map, { ...policy, allowExpired: true }, bounds)).toBe(Math.min(ttl, key, keys));
  });

  it('a map is rejected with MAP_EXPIRED even if it expired before the earliest time that a Date can represent', () => {
    const bounds = [{ atMs: -1e300, code: 'MAP_EXPIRED' }] as const;
    expect(() => assertTimely(good, policy, bounds)).toThrow(expect.objectContaining({ code: 'MAP_EXPIRED' }));
  });
});
