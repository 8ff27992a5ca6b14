/** One metric, as docs/metrics.md shows it. */
export type InstrumentEntry = CounterEntry | GaugeEntry | HistogramEntry;

interface MetricEntry {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}

export interface CounterEntry extends MetricEntry {
  readonly kind: 'counter';
}

export interface GaugeEntry extends MetricEntry {
  readonly kind: 'gauge';
}

export interface HistogramEntry extends MetricEntry {
  readonly kind: 'histogram';
  /** The upper bounds of the buckets, in the unit that the name says. */
  readonly buckets: readonly number[];
}

/** A histogram of the table. */
export const histogram = (
  buckets: readonly number[],
  name: string,
  help: string,
  ...labels: string[]
): HistogramEntry => ({
  kind: 'histogram',
  name,
  help,
  labels,
  buckets,
});

/** A counter of the table. */
export const counter = (name: string, help: string, ...labels: string[]): CounterEntry => ({
  kind: 'counter',
  name,
  help,
  labels,
});

/** A gauge of the table. */
export const gauge = (name: string, help: string, ...labels: string[]): GaugeEntry => ({
  kind: 'gauge',
  name,
  help,
  labels,
});
