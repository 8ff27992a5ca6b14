/** Definition of one metric, as listed in docs/metrics.md. */
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
  /** Upper bounds of the buckets, in the unit that the name of the metric contains. */
  readonly buckets: readonly number[];
}

/** Creates the definition of a histogram. */
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

/** Creates the definition of a counter. */
export const counter = (name: string, help: string, ...labels: string[]): CounterEntry => ({
  kind: 'counter',
  name,
  help,
  labels,
});

/** Creates the definition of a gauge. */
export const gauge = (name: string, help: string, ...labels: string[]): GaugeEntry => ({
  kind: 'gauge',
  name,
  help,
  labels,
});
