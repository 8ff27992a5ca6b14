import { describe, expect, it } from 'vitest';
import { MAX_RETRY_AFTER_MS, retryAfterMs } from '../../../src/shared/net/retry-after.ts';

const NOW = Date.parse('2026-11-22T12:00:00.000Z');

describe('retryAfterMs', () => {
  it.each<[string | null, number | null]>([
    ['2', 2_000],
    [' 7 ', 7_000],
    ['Sun, 22 Nov 2026 12:00:30 GMT', 30_000],
    ['999999999', MAX_RETRY_AFTER_MS],
    ['9'.repeat(400), MAX_RETRY_AFTER_MS],
    ['Fri, 31 Dec 9999 23:59:59 GMT', MAX_RETRY_AFTER_MS],
    ['0', null],
    ['-5', null],
    ['1.5', null],
    ['0x10', null],
    ['soon', null],
    ['2027', 300_000],
    ['2026-11-22T12:00:30Z', null],
    ['Sun, 22 Nov 2026 11:59:30 GMT', null],
    ['from Sun, 22 Nov 2026 12:00:30 GMT', null],
    ['Sun, 22 Nov 2026 12:00:30 GMT-0100', null],
    ['Sun, 22 Nov 2026 12:00:30 EST', null],
    ['Xxx, 99 Yyy 2026 12:00:30 GMT', null],
    ['', null],
    [null, null],
  ])('retryAfterMs() parses the header %j as %j milliseconds', (header, expected) => {
    expect(retryAfterMs(header, NOW)).toBe(expected);
  });

  it('retryAfterMs() computes the delay to a date with millisecond precision', () => {
    const header = 'Sun, 22 Nov 2026 12:00:00 GMT';
    expect([retryAfterMs(header, NOW - 1), retryAfterMs(header, NOW)]).toEqual([1, null]);
  });
});
