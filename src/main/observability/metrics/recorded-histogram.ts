import type { HistogramEntry } from '../instrument-entry.ts';
import { keyOf, type Labels, labelsOf } from './series-labels.ts';

interface Series {
  readonly labels: Labels;
  /**
   * Number of observations in each bucket. Unlike in the output, they are not cumulative. The last item counts the
   * values above the highest bound.
   */
  readonly counts: number[];
  sum: number;
}

/** One line of the output of a histogram, in the format of prom-client. */
export interface HistogramValue {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly sharedLabels: Labels;
  readonly value: number;
  /** Exemplar of a bucket, which prom-client supports. This package records no exemplars. */
  readonly exemplar?: null;
}

/** Records the observations of a histogram, so that prom-client need not be loaded: see {@link RecordedValues}. */
export class RecordedHistogram {
  readonly entry: HistogramEntry;
  readonly #series = new Map<string, Series>();

  constructor(entry: HistogramEntry) {
    this.entry = entry;
    this.reset();
  }

  observe(value: number, ...labels: readonly string[]): void {
    const series = this.#seriesOf(labels);
    const { buckets } = this.entry;
    let place = 0;
    while (place < buckets.length && value > (buckets[place] as number)) place += 1;
    series.counts[place] = (series.counts[place] as number) + 1;
    series.sum += value;
  }

  remove(...labels: readonly string[]): void {
    this.#series.delete(keyOf(labels));
  }

  /** Deletes all observations. A histogram without labels starts again at 0. */
  reset(): void {
    this.#series.clear();
    if (this.entry.labels.length === 0) this.#seriesOf([]);
  }

  /**
   * Returns the output lines of all series. A series has one line for each bucket, with cumulative counts, and then its
   * sum and its count.
   */
  values(): HistogramValue[] {
    return [...this.#series.values()].flatMap((series) => this.#valuesOf(series));
  }

  #valuesOf({ labels: sharedLabels, counts, sum }: Series): HistogramValue[] {
    const { name, buckets } = this.entry;
    let count = 0;
    const lines = [...buckets, '+Inf'].map((le, place) => {
      count += counts[place] ?? 0;
      return { metricName: `${name}_bucket`, labels: { le }, sharedLabels, value: count, exemplar: null };
    });
    return [
      ...lines,
      { metricName: `${name}_sum`, labels: {}, sharedLabels, value: sum },
      { metricName: `${name}_count`, labels: {}, sharedLabels, value: count },
    ];
  }

  #seriesOf(labels: readonly string[]): Series {
    const key = keyOf(labels);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const counts = new Array<number>(this.entry.buckets.length + 1).fill(0);
    const created = { labels: labelsOf(this.entry, labels), counts, sum: 0 };
    this.#series.set(key, created);
    return created;
  }
}
