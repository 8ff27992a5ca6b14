import { MAX_COLUMNS } from './rules.ts';
import type { SourceFile } from './source-tree.ts';

/** How many lines of each file are wider than allowed. */
export type WideLines = Readonly<Record<string, number>>;

/** Counts the lines over 120 columns; files without any are left out. */
export function countWideLines(files: readonly SourceFile[]): WideLines {
  const counts = files.map(
    ({ path, lines }) => [path, lines.filter((line) => line.length > MAX_COLUMNS).length] as const,
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

/** What differs from the baseline. More wide lines are a defect; fewer have to be written down, so that they stay fewer. */
export function compareWideLines(now: WideLines, baseline: WideLines): readonly string[] {
  const paths = [...new Set([...Object.keys(now), ...Object.keys(baseline)])].sort();
  return paths.flatMap((path) => {
    const [count, allowed] = [now[path] ?? 0, baseline[path] ?? 0];
    if (count > allowed) return [`wide lines: ${path} has ${count} over ${MAX_COLUMNS} columns, ${allowed} were there`];
    return count < allowed
      ? [`wide lines: ${path} has ${count}, no longer ${allowed}; run: npm run house -- --shrink`]
      : [];
  });
}

/** The baseline with what became less. A file that became wider keeps its number and so its finding; one that was moved keeps neither. */
export function shrinkBaseline(now: WideLines, baseline: WideLines): WideLines {
  const entries = Object.entries(baseline).map(([path, allowed]) => [path, Math.min(allowed, now[path] ?? 0)] as const);
  return Object.fromEntries(entries.filter(([, count]) => count > 0).sort(([a], [b]) => a.localeCompare(b)));
}
