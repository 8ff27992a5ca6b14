import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeenCounters } from '../../../../../src/main/gateway/replicas/wire/seen-counters.ts';

describe('SeenCounters', () => {
  it('SeenCounters accepts each counter of a sender once, in any order', () => {
    const near = fc.array(fc.integer({ min: 1, max: 4_000 }), { maxLength: 200 });
    fc.assert(
      fc.property(near, (counters) => {
        const seen = new SeenCounters();
        const before = new Set<number>();
        for (const counter of counters) {
          expect(seen.take('a', counter)).toBe(!before.has(counter));
          before.add(counter);
        }
      }),
    );
  });

  it('SeenCounters never accepts a counter twice, however far counters jump', () => {
    const anywhere = fc.array(
      fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })),
      { maxLength: 100 },
    );
    fc.assert(
      fc.property(anywhere, (counters) => {
        const seen = new SeenCounters();
        const taken = counters.filter((counter) => seen.take('a', counter));
        expect(new Set(taken).size).toBe(taken.length);
      }),
    );
  });

  it('SeenCounters rejects a counter that is 4 096 or more behind the highest, and accepts a nearer counter', () => {
    const seen = new SeenCounters();
    expect(seen.take('a', 10_000)).toBe(true);
    expect(seen.take('a', 10_000 - 4_096)).toBe(false);
    expect(seen.take('a', 10_000 - 4_095)).toBe(true);
    expect(seen.take('a', 10_000 - 4_095)).toBe(false);
  });

  it('SeenCounters still accepts a lower counter that was skipped when a counter jumped ahead', () => {
    const seen = new SeenCounters();
    for (let counter = 1; counter <= 4_096; counter += 1) expect(seen.take('a', counter)).toBe(true);
    expect(seen.take('a', 6_000)).toBe(true);
    expect(seen.take('a', 4_097)).toBe(true);
    expect(seen.take('a', 4_096)).toBe(false);
  });

  it('SeenCounters counts each sender separately, and forgets the sender that was silent the longest', () => {
    const seen = new SeenCounters(2);
    expect([seen.take('a', 1), seen.take('b', 1), seen.take('a', 1)]).toEqual([true, true, false]);
    expect(seen.take('c', 1)).toBe(true);
    expect(seen.take('a', 1)).toBe(false);
  });
});
