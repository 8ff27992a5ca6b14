import { describe, expect, it } from 'vitest';
import { assertNotExpired, assertTimely } from '../../../src/shared/load/timeliness.ts';
import { loadTask } from '../../helpers/load-task.ts';
import { NOW } from '../../helpers/signed-map.ts';

const policy = { ...loadTask().policy, maxSkewMs: 10 };
const good = { generatedAtMs: NOW, expiresAtMs: NOW + 1 };

describe('the time of a map', () => {
  it.each([
    ['at the edge of the allowed skew', { generatedAtMs: NOW + 10 }, {}],
    ['as old as the floor', {}, { floorMs: NOW }],
    ['expired, where that is allowed', { expiresAtMs: NOW }, { allowExpired: true }],
  ])('may be %s', (_, map, more) => {
    expect(() => assertTimely({ ...good, ...map }, { ...policy, ...more })).not.toThrow();
  });

  it.each([
    ['MAP_FROM_FUTURE', { generatedAtMs: NOW + 11 }, {}],
    ['MAP_ROLLED_BACK', {}, { floorMs: NOW + 1 }],
    ['MAP_ROLLED_BACK', {}, { floorMs: NOW + 1, allowExpired: true }],
    ['MAP_EXPIRED', { expiresAtMs: NOW }, {}],
  ])('is refused with %s one millisecond beyond', (code, map, more) => {
    const judge = (): void => assertTimely({ ...good, ...map }, { ...policy, ...more });
    expect(judge).toThrow(expect.objectContaining({ code }));
  });

  it('expires at the very instant that is named', () => {
    expect(() => assertNotExpired(NOW + 1, policy)).not.toThrow();
    expect(() => assertNotExpired(NOW, policy)).toThrow(expect.objectContaining({ code: 'MAP_EXPIRED' }));
  });
});
