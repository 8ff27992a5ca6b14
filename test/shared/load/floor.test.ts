import { describe, expect, it } from 'vitest';
import { assertNotRolledBack, isFloorInFuture } from '../../../src/shared/load/floor.ts';

const clock = { nowMs: 1_000, maxSkewMs: 100 };

describe('assertNotRolledBack', () => {
  it('assertNotRolledBack() accepts a map at the floor, a newer map, and any map if there is no floor', () => {
    assertNotRolledBack(500, { ...clock, floorMs: 500 });
    assertNotRolledBack(501, { ...clock, floorMs: 500 });
    assertNotRolledBack(1, { ...clock, floorMs: null });
  });

  it('assertNotRolledBack() rejects a map older than the floor, and reports the time of the floor', () => {
    const refused = expect.objectContaining({ code: 'MAP_ROLLED_BACK', detail: { floorMs: 500 } });
    expect(() => assertNotRolledBack(499, { ...clock, floorMs: 500 })).toThrow(refused);
    expect(() => assertNotRolledBack(499, { ...clock, floorMs: 500 })).not.toThrow(/state reset-floor/);
  });

  it('assertNotRolledBack() explains how to recover if the floor is in the future', () => {
    expect(() => assertNotRolledBack(1_000, { ...clock, floorMs: 1_100 })).not.toThrow(/in the future/);
    expect(() => assertNotRolledBack(1_000, { ...clock, floorMs: 1_101 })).toThrow(
      expect.objectContaining({
        code: 'MAP_ROLLED_BACK',
        message: expect.stringMatching(/clock was wrong.*`mcp-switchyard state reset-floor`/),
        detail: { floorMs: 1_101 },
      }),
    );
  });

  it('isFloorInFuture() is true only if the floor exceeds the clock by more than the allowed skew', () => {
    expect([isFloorInFuture(1_100, 1_000, 100), isFloorInFuture(1_101, 1_000, 100)]).toEqual([false, true]);
  });
});
