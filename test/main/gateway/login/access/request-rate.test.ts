import { expect, it } from 'vitest';
import { RequestRate } from '../../../../../src/main/gateway/login/access/request-rate.ts';

it('RequestRate limits the requests per minute for each key, and allows more as time passes', () => {
  const rate = new RequestRate(3);
  const takes = (key: string, atMs: number): boolean => rate.take(key, atMs);
  expect([takes('a', 0), takes('a', 0), takes('a', 1), takes('a', 2)]).toEqual([true, true, true, false]);
  expect(takes('b', 2)).toBe(true);
  expect([takes('a', 20_003), takes('a', 20_004)]).toEqual([true, false]);
  expect([takes('a', 900_000), takes('a', 900_000), takes('a', 900_000), takes('a', 900_000)]).toEqual([
    ...[true, true, true, false],
  ]);
});
