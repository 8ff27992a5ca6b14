import { expect, it } from 'vitest';
import { parseSourceFile } from '../../../scripts/architecture/source-tree.ts';
import { countWideLines } from '../../../scripts/architecture/wide-lines.ts';

it('countWideLines() returns for each file the number of lines over 120 columns', () => {
  const file = parseSourceFile('src/a.ts', `// ${'x'.repeat(117)}\n// ${'x'.repeat(118)}\n`);
  expect(countWideLines([file])).toEqual({ 'src/a.ts': 1 });
  expect(countWideLines([parseSourceFile('src/b.ts', '')])).toEqual({});
});
