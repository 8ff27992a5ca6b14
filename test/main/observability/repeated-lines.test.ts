import { expect, it } from 'vitest';
import { RepeatedLines } from '../../../src/main/observability/repeated-lines.ts';

it('RepeatedLines allows one line per reason and minute, and adds the number of lines that it suppressed before', () => {
  let now = 0;
  const lines = new RepeatedLines(() => now);
  expect([lines.next('a'), lines.next('a'), lines.next('b'), lines.next('a')]).toEqual(['', null, '', null]);
  now = 60_000;
  expect([lines.next('a'), lines.next('b')]).toEqual([' (2 more like this before)', '']);
});

it('RepeatedLines remembers at most 64 reasons, and forgets them after a minute', () => {
  let now = 0;
  const lines = new RepeatedLines(() => now);
  const told = Array.from({ length: 100 }, (_, index) => lines.next(`reason ${index}`));
  expect(told.filter((line) => line !== null)).toHaveLength(64);
  now = 60_000;
  expect(lines.next('reason 99')).toBe('');
});
