import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';

/** The samples of one metric for one way to do something, such as `manager` or `plain`. A section compares the ways. */
export interface Row {
  readonly way: string;
  readonly metric: string;
  readonly unit: string;
  /** One value for each round, or for each call. */
  readonly samples: readonly number[];
  /** Name of the way whose median the report compares with the median of this row. Null for no comparison. */
  readonly baseline: string | null;
}

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly notes?: readonly string[];
}

/** Where and when a benchmark ran: the machine, the commit, the date, and the command that repeats the run. */
export interface Circumstances {
  readonly name: string;
  readonly question: string;
  readonly date: string;
  readonly command: string;
  readonly commit: string;
  readonly machine: string;
  readonly node: string;
}

export interface Report extends Circumstances {
  readonly sections: readonly Section[];
}

/** Returns the ratio of the row's median to the median of its baseline, such as `1.23×`; empty without a baseline. */
export function ratioOf(row: Row, rows: readonly Row[]): string {
  if (row.baseline === null || row.baseline === row.way) return '';
  const other = rows.find(({ way, metric }) => way === row.baseline && metric === row.metric);
  return other === undefined ? '' : `${(percentile(row.samples, 0.5) / percentile(other.samples, 0.5)).toFixed(2)}×`;
}

/** Formats the number of samples, then p50, p95, p99, minimum and maximum, with few digits. */
export function figures(samples: readonly number[]): string[] {
  const values = [0.5, 0.95, 0.99].map((share) => percentile(samples, share));
  return [String(samples.length), ...[...values, Math.min(...samples), Math.max(...samples)].map(short)];
}

function short(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return Math.abs(value) >= 100 || Number.isInteger(value)
    ? value.toFixed(0)
    : value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/**
 * Returns a percentile of the samples by the nearest-rank method. `share` is a number from 0 to 1, such as 0.95 for
 * p95.
 */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** Describes the machine on one line. */
export function machineLine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  return `${model}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB, ${platform()} ${arch()}`;
}
