import fc from 'fast-check';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { counter, gauge, histogram } from '../../../../src/main/observability/instrument-entry.ts';
import { createRegistry } from '../../../../src/main/observability/metrics/create-registry.ts';
import { RecordedHistogram } from '../../../../src/main/observability/metrics/recorded-histogram.ts';
import { RecordedValues } from '../../../../src/main/observability/metrics/recorded-values.ts';

const COUNTED = counter('test_counted_total', 'Counts.', 'kind', 'outcome');
const PLAIN = counter('test_plain_total', 'Counts without labels.');
const LEVEL = gauge('test_level', 'A level.', 'kind');
const TIMES = histogram([0.1, 1, 10], 'test_times_seconds', 'Times.', 'kind', 'outcome');
const SIZES = histogram([1, 5], 'test_sizes', 'Sizes, without labels.');

const word = fc.constantFrom('a', 'b', 'c"\\\n', '');
const amount = fc.oneof(fc.constantFrom(0, 0.1, 1, 5, 10), fc.double({ min: 0, max: 100, noNaN: true }));
const operation = fc.record({
  what: fc.constantFrom('count', 'plain', 'level', 'drop-level', 'time', 'drop-time', 'size'),
  kind: word,
  outcome: word,
  amount,
});
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** Records metrics in a registry of mcp-switchyard. */
function createOurs() {
  const counted = new RecordedValues(COUNTED);
  const plain = new RecordedValues(PLAIN);
  const level = new RecordedValues(LEVEL);
  const times = new RecordedHistogram(TIMES);
  const sizes = new RecordedHistogram(SIZES);
  const apply = ({ what, kind, outcome, amount }: Operation): void => {
    if (what === 'count') counted.add(amount, kind, outcome);
    else if (what === 'plain') plain.add(amount);
    else if (what === 'level') level.set(amount, kind);
    else if (what === 'drop-level') level.remove(kind);
    else if (what === 'time') times.observe(amount, kind, outcome);
    else if (what === 'drop-time') times.remove(kind, outcome);
    else sizes.observe(amount);
  };
  return { all: [counted, plain, level, times, sizes], apply };
}

/** Records the same metrics in a registry of prom-client. */
function createTheirs() {
  const registry = new Registry();
  registry.setDefaultLabels({ component: 'mcp-connectors' });
  const registers = [registry];
  const named = ({ name, help, labels }: { name: string; help: string; labels: readonly string[] }) => ({
    ...{ name, help, labelNames: labels, registers },
  });
  const counted = new Counter(named(COUNTED));
  const plain = new Counter(named(PLAIN));
  const level = new Gauge(named(LEVEL));
  const times = new Histogram({ ...named(TIMES), buckets: [...TIMES.buckets] });
  const sizes = new Histogram({ ...named(SIZES), buckets: [...SIZES.buckets] });
  const apply = ({ what, kind, outcome, amount }: Operation): void => {
    if (what === 'count') counted.inc({ kind, outcome }, amount);
    else if (what === 'plain') plain.inc(amount);
    else if (what === 'level') level.set({ kind }, amount);
    else if (what === 'drop-level') level.remove({ kind });
    else if (what === 'time') times.observe({ kind, outcome }, amount);
    else if (what === 'drop-time') times.remove({ kind, outcome });
    else sizes.observe(amount);
  };
  return { registry, apply };
}

const NAMES = [COUNTED, PLAIN, LEVEL, TIMES, SIZES].map(({ name }) => name);

describe('createRegistry', () => {
  it('the metrics registry exports the same text and JSON as prom-client, even for values recorded before its creation', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 30 }), fc.nat(30), async (operations, made) => {
        const ours = createOurs();
        const theirs = createTheirs();
        for (const one of operations.slice(0, made)) ours.apply(one);
        const registry = createRegistry(ours.all, { component: 'mcp-connectors' });
        for (const one of operations.slice(made)) ours.apply(one);
        for (const one of operations) theirs.apply(one);
        for (const name of NAMES) {
          expect(await registry.getSingleMetricAsString(name)).toBe(
            await theirs.registry.getSingleMetricAsString(name),
          );
          const [own, expected] = await Promise.all([
            registry.getSingleMetric(name)?.get(),
            theirs.registry.getSingleMetric(name)?.get(),
          ]);
          expect(JSON.parse(JSON.stringify(own))).toEqual(JSON.parse(JSON.stringify(expected)));
        }
        registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
        theirs.registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
        const [ownText, text] = await Promise.all([registry.metrics(), theirs.registry.metrics()]);
        expect(ownText).toContain(text.slice(0, text.lastIndexOf('# EOF')));
        registry.clear();
      }),
      { numRuns: 40 },
    );
  });

  it('the metrics registry can be merged with the prom-client registry of a host, and can be reset', async () => {
    const ours = createOurs();
    ours.apply({ what: 'plain', kind: '', outcome: '', amount: 3 });
    const registry = createRegistry(ours.all, { component: 'mcp-connectors' });
    const host = new Registry();
    new Counter({ name: 'host_total', help: 'Of the host.', registers: [host] }).inc();
    const text = await Registry.merge([registry, host]).metrics();
    expect(text).toContain('test_plain_total 3');
    expect(text).toContain('host_total 1');
    expect(registry.getSingleMetric('test_plain_total')).toBeInstanceOf(Counter);
    registry.resetMetrics();
    expect(await registry.getSingleMetricAsString('test_plain_total')).toMatch(/test_plain_total\{.*\} 0$/);
    ours.apply({ what: 'plain', kind: '', outcome: '', amount: 1 });
    expect(await registry.getSingleMetricAsString('test_plain_total')).toMatch(/test_plain_total\{.*\} 1$/);
  });

  it('the metrics registry contains the default metrics of Node', async () => {
    expect(await createRegistry([], { component: 'mcp-connectors' }).metrics()).toContain(
      'nodejs_eventloop_lag_seconds',
    );
  });
});
