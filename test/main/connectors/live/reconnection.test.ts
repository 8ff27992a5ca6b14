import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../../src/main/connectors/live/reconnection.ts';

describe('backoffMs', () => {
  it('grows to 60 s and spreads over the whole range', () => {
    expect([1, 2, 3, 8, 50].map((failures) => backoffMs(failures, { next: () => 1 }))).toEqual([
      500, 1_000, 2_000, 60_000, 60_000,
    ]);
    expect(backoffMs(8, { next: () => 0 })).toBe(0);
    expect(backoffMs(2, { next: () => 0.5 })).toBe(500);
  });
});
