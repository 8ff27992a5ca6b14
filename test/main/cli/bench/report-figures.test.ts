import { describe, expect, it } from 'vitest';
import { figures, percentile, type Row, ratioOf } from '../../../../src/main/cli/bench/report-figures.ts';

const row = (way: string, samples: readonly number[]): Row => ({
  ...{ way, metric: 'm', unit: 'ms', samples },
  baseline: 'plain',
});

describe('bench report figures', () => {
  it('the benchmark report computes percentiles by the nearest-rank method', () => {
    const samples = [5, 1, 4, 2, 3];
    expect([0, 0.5, 0.95, 1].map((share) => percentile(samples, share))).toEqual([1, 3, 5, 5]);
    expect(percentile([], 0.5)).toBeNaN();
  });

  it('the benchmark report rounds numbers to three significant digits', () => {
    expect(figures([1.234, 12.34, 123.4])).toEqual(['3', '12.3', '123', '123', '1.23', '123']);
  });

  it('the benchmark report shows the median of a row as a ratio to the median of its baseline', () => {
    const rows = [row('plain', [1, 2, 3]), row('manager', [3])];
    expect(rows.map((it) => ratioOf(it, rows))).toEqual(['', '1.50×']);
  });
});
