import { percentile } from '../../src/main/cli/bench/report-figures.ts';

/** Formats samples as `p50 (min–max)` with one decimal place. */
export function spread(samples: readonly number[]): string {
  const [median, least, most] = [percentile(samples, 0.5), Math.min(...samples), Math.max(...samples)].map((value) =>
    value.toFixed(1),
  );
  return `${median} (${least}–${most})`;
}
