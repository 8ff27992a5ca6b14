import { describe, expect, it } from 'vitest';
import { assertNotRolledBack, isFloorInFuture } from '../../../src/shared/load/floor.ts';

const clock = { nowMs: 1_000, maxSkewMs: 100 };

describe('assertNotRolledBack', () => {
  it('assertNotRolledBack() accepts a map at the minimum map time, a newer map, and any map without a minimum', () => {
    assertNotRolledBack(500, { ...clock, floorMs: 500 });
    assertNotRolledBack(501, { ...clock, floorMs: 500 });
    assertNotRolledBack(1, { ...clock, floorMs: null });
  });

  it('assertNotRolledBack() rejects a map older than the minimum map time, and reports this time', () => {
    const refused = expect.objectContaining({ code: 'MAP_ROLLED_BACK', detail: { floorMs: 500 } });
    expect(() => assertNotRolledBack(499, { ...clock, floorMs: 500 })).toThrow(refused);
    expect(() => assertNotRolledBack(499, { ...clock, floorMs: 500 })).not.toThrow(/state reset-floor/);
  });

  it('assertNotRolledBack() explains how to recover if the minimum map time is in the future', () => {
    expect(() => assertNotRolledBack(1_000, { ...clock, floorMs: 1_100 })).not.toThrow(/in the future/);
    expect(() => assertNotRolledBack(1_000, { ...clock, floorMs: 1_101 })).toThrow(
      expect.objectContaining({
        code: 'MAP_ROLLED_BACK',
        message: expect.stringMatching(/clock was wrong.*`mcp-switchyard state reset-floor`/),
        detail: { floorMs: 1_101 },
      }),
    );
  });

  it('isFloorInFuture() is true only if the minimum map time exceeds the clock by more than the allowed skew', () => {
    expect([isFloorInFuture(1_100, 1_000, 100), isFloorInFuture(1_101, 1_000, 100)]).toEqual([false, true]);
  });
});
