import type { CounterEntry, GaugeEntry } from '../instrument-entry.ts';
import { keyOf, type Labels, labelsOf } from './series-labels.ts';

interface Series {
  readonly labels: Labels;
  value: number;
}

/**
 * Records the values of a counter, or of a gauge whose value this package sets. The values are recorded here, because
 * prom-client is loaded only when somebody requests the metrics. Methods take the label values in the order of
 * `entry.labels`.
 */
export class RecordedValues {
  readonly entry: CounterEntry | GaugeEntry;
  readonly #series = new Map<string, Series>();

  constructor(entry: CounterEntry | GaugeEntry) {
    this.entry = entry;
    this.reset();
  }

  add(amount: number, ...labels: readonly string[]): void {
    this.#seriesOf(labels).value += amount;
  }

  set(value: number, ...labels: readonly string[]): void {
    this.#seriesOf(labels).value = value;
  }

  remove(...labels: readonly string[]): void {
    this.#series.delete(keyOf(labels));
  }

  /** Deletes all values. A metric without labels starts again at 0. */
  reset(): void {
    this.#series.clear();
    if (this.entry.labels.length === 0) this.#seriesOf([]);
  }

  /** Returns the current values, in the format of prom-client. */
  values(): { readonly labels: Labels; readonly value: number }[] {
    return [...this.#series.values()].map(({ labels, value }) => ({ labels, value }));
  }

  #seriesOf(labels: readonly string[]): Series {
    const key = keyOf(labels);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const created = { labels: labelsOf(this.entry, labels), value: 0 };
    this.#series.set(key, created);
    return created;
  }
}
