import type { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { InstrumentEntry } from '../instrument-entry.ts';
import { observeGauges } from '../observed-gauges.ts';
import { loadPromClient } from './load-prom-client.ts';
import { type HistogramValue, RecordedHistogram } from './recorded-histogram.ts';
import type { RecordedValues } from './recorded-values.ts';

type Recorded = RecordedValues | RecordedHistogram;

/**
 * Creates a prom-client registry with all recorded metrics, the gauges that are read at each scrape, and the default
 * metrics of Node. It also shows values that were recorded before its creation. Throws MODULE_NOT_LOADED.
 */
export function createRegistry(
  recorded: readonly Recorded[],
  defaultLabels: Readonly<Record<string, string>>,
): Registry {
  const { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } = loadPromClient();
  const registry = new Registry();
  registry.setDefaultLabels(defaultLabels);
  const settings = ({ name, help, labels }: InstrumentEntry) => ({
    name,
    help,
    labelNames: labels,
    registers: [registry],
  });
  for (const one of recorded) {
    const { entry } = one;
    if (entry.kind === 'histogram') show(new Histogram({ ...settings(entry), buckets: [...entry.buckets] }), one);
    else show(entry.kind === 'counter' ? new Counter(settings(entry)) : new Gauge(settings(entry)), one);
  }
  observeGauges((entry, collect) => new Gauge({ ...settings(entry), collect }));
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** Overrides the `get` methods of a prom-client metric, so that the metric shows the recorded values. */
function show(metric: Counter | Gauge | Histogram, recorded: Recorded): void {
  const { help, kind: type } = recorded.entry;
  // Reads the name each time, because the registry renames counters in the OpenMetrics format.
  const described = () => ({ name: (metric as { name?: string }).name, help, type, aggregator: 'sum' });
  const isHistogram = recorded instanceof RecordedHistogram;
  metric.reset = () => recorded.reset();
  metric.get = async () =>
    ({ ...described(), values: isHistogram ? recorded.values().map(splayed) : recorded.values() }) as never;
  // For text output, the registry calls `getForPromString` if it exists, instead of `get`. Labels that several lines
  // share are then formatted only once.
  if (isHistogram)
    Object.assign(metric, { getForPromString: async () => ({ ...described(), values: recorded.values() }) });
}

function splayed({ sharedLabels, labels, ...value }: HistogramValue): object {
  return { ...value, labels: { ...labels, ...sharedLabels } };
}
