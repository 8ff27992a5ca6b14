/** The number of findings for each key. A key contains the name of a file. */
export type Counts = Readonly<Record<string, number>>;

/** A count that differs from its baseline. */
export interface CountComplaint {
  readonly key: string;
  readonly says: string;
}

/**
 * Compares numbers of findings with their baseline. A higher number is a defect. A lower number is reported too, so
 * that somebody lowers the baseline with the command `shrinkCommand`.
 */
export function compareCounts(now: Counts, baseline: Counts, shrinkCommand: string): readonly CountComplaint[] {
  const keys = [...new Set([...Object.keys(now), ...Object.keys(baseline)])].sort();
  return keys.flatMap((key) => {
    const [count, allowed] = [now[key] ?? 0, baseline[key] ?? 0];
    if (count > allowed) return [{ key, says: `${key} has ${count}, the baseline allows ${allowed}` }];
    return count < allowed ? [{ key, says: `${key} has ${count}, no longer ${allowed}; run: ${shrinkCommand}` }] : [];
  });
}

/**
 * Returns the baseline, lowered to the current numbers of findings. A number that has grown stays as it is in the
 * baseline.
 */
export function shrinkCounts(now: Counts, baseline: Counts): Counts {
  const entries = Object.entries(baseline).map(([key, allowed]) => [key, Math.min(allowed, now[key] ?? 0)] as const);
  return Object.fromEntries(entries.filter(([, count]) => count > 0).sort(([a], [b]) => a.localeCompare(b)));
}
