import { describe, expect, it } from 'vitest';
import { parseSourceFile } from '../../../scripts/architecture/source-tree.ts';
import { compareWideLines, countWideLines, shrinkBaseline } from '../../../scripts/architecture/wide-lines.ts';

describe('the baseline of wide lines', () => {
  it('counts lines over 120 columns', () => {
    const file = parseSourceFile('src/a.ts', `// ${'x'.repeat(117)}\n// ${'x'.repeat(118)}\n`);
    expect(countWideLines([file])).toEqual({ 'src/a.ts': 1 });
    expect(countWideLines([parseSourceFile('src/b.ts', '')])).toEqual({});
  });

  it('accepts what it holds, and nothing more or less', () => {
    expect(compareWideLines({ a: 2 }, { a: 2 })).toEqual([]);
    expect(compareWideLines({ a: 3 }, { a: 2 })).toEqual(['wide lines: a has 3 over 120 columns, 2 were there']);
    expect(compareWideLines({ b: 1 }, {})).toHaveLength(1);
    expect(compareWideLines({}, { a: 2 })).toEqual([expect.stringContaining('--shrink')]);
  });

  it('only ever shrinks', () => {
    expect(shrinkBaseline({ a: 5, b: 1, c: 9 }, { a: 2, b: 3, d: 4 })).toEqual({ a: 2, b: 1 });
  });
});
