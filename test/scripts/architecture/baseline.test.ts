import { describe, expect, it } from 'vitest';
import { compareCounts, shrinkCounts } from '../../../scripts/architecture/baseline.ts';

describe('baseline of counts', () => {
  it('the baseline check accepts a count equal to its limit, and reports a count above or below its limit', () => {
    const says = (now: Record<string, number>, baseline: Record<string, number>): readonly string[] =>
      compareCounts(now, baseline, 'npm run it -- --shrink').map((one) => one.says);
    expect(says({ a: 2 }, { a: 2 })).toEqual([]);
    expect(says({ a: 3 }, { a: 2 })).toEqual(['a has 3, the baseline allows 2']);
    expect(says({ b: 1 }, {})).toEqual(['b has 1, the baseline allows 0']);
    expect(says({}, { a: 2 })).toEqual(['a has 0, no longer 2; run: npm run it -- --shrink']);
  });

  it('an update of the baseline lowers recorded counts, and never raises them', () => {
    expect(shrinkCounts({ a: 5, b: 1, c: 9 }, { a: 2, b: 3, d: 4 })).toEqual({ a: 2, b: 1 });
  });
});
