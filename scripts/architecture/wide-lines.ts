import type { Counts } from './baseline.ts';
import { MAX_COLUMNS } from './rules.ts';
import type { SourceFile } from './source-tree.ts';

/** Counts the lines over 120 columns in each file. Files without such lines are left out. */
export function countWideLines(files: readonly SourceFile[]): Counts {
  const counts = files.map(
    ({ path, lines }) => [path, lines.filter((line) => line.length > MAX_COLUMNS).length] as const,
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}
