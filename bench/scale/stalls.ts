import { fileURLToPath } from 'node:url';
import { inFreshProcess } from '../../src/main/cli/bench/fresh-process.ts';
import { startMapProcess } from '../../src/main/cli/bench/map-server.ts';
import type { LoadSample, StallSample } from '../../src/main/cli/bench/measure-stalls.ts';
import type { Row, Section } from '../../src/main/cli/bench/report-figures.ts';
import { upperBoundOfMean } from '../support/bootstrap.ts';

const SCRIPT = fileURLToPath(new URL('./stall-process.ts', import.meta.url));
const WAYS = ['inline', 'plain', 'clone', 'floor', 'manager'] as const;
const SCENARIOS = { cold: 'cold', changed: '0.5 % changed', notModified: '304', same: 'same body' } as const;
const PAIRED = 10_000;

type Scenario = keyof typeof SCENARIOS;

/** Measures how long a load blocks the main thread, for maps of these sizes and for all ways to load a map. */
export async function measureSizes(
  sizes: readonly number[],
  rounds: number,
  tell: (section: Section) => void,
): Promise<void> {
  for (const size of sizes) {
    const samples = await collect(WAYS, size, rounds, 3);
    for (const scenario of Object.keys(SCENARIOS) as Scenario[]) {
      const rows = WAYS.flatMap((way) =>
        rowsOf(
          way,
          (samples.get(way) ?? []).flatMap((sample) => sample[scenario]),
        ),
      );
      tell({ title: `${size} entries, ${SCENARIOS[scenario]}`, rows });
    }
  }
}

/**
 * Compares the manager with the best possible result: a worker does the same work while the main thread does nothing.
 * The two alternate.
 */
export async function measurePairs(pairs: number, tell: (section: Section) => void): Promise<void> {
  const samples = await collect(['floor', 'manager'], PAIRED, pairs, 3);
  const of = (way: string): readonly StallSample[] => samples.get(way) ?? [];
  for (const scenario of Object.keys(SCENARIOS) as Scenario[]) {
    // A sample is the mean of all loads in one process, because the loads of one process are not independent of each
    // other.
    const means = (way: string): number[] =>
      of(way).map((sample) => meanOf(sample[scenario].map(({ maxMs }) => maxMs)));
    const [ours, floors] = [means('manager'), means('floor')];
    const differences = ours.map((value, index) => value - (floors[index] ?? Number.NaN));
    const row = (way: string, values: readonly number[]): Row => ({
      ...{ way, metric: 'longest stall', unit: 'ms' },
      samples: values,
      baseline: 'floor',
    });
    tell({
      title: `${PAIRED} entries, ${SCENARIOS[scenario]}: ${pairs} pairs with the floor`,
      rows: [row('floor', floors), row('manager', ours)],
      notes: [
        `difference of the means ${meanOf(differences).toFixed(2)} ms, upper 95 % bound ${upperBoundOfMean(differences).toFixed(2)} ms`,
      ],
    });
  }
}

async function collect(
  ways: readonly string[],
  size: number,
  rounds: number,
  refreshes: number,
): Promise<ReadonlyMap<string, readonly StallSample[]>> {
  using server = await startMapProcess({ count: size, endpoints: [] });
  const samples = new Map<string, StallSample[]>();
  for (let round = 0; round < rounds; round += 1) {
    // The order alternates, because the second process of a round benefits from the first.
    for (const way of round % 2 === 0 ? ways : [...ways].reverse()) {
      const sample = await inFreshProcess<StallSample>(SCRIPT, [way, server.url, String(size), String(refreshes)]);
      samples.set(way, [...(samples.get(way) ?? []), sample]);
    }
  }
  return samples;
}

function rowsOf(way: string, loads: readonly LoadSample[]): Row[] {
  const row = (metric: string, of: (load: LoadSample) => number): Row => ({
    ...{ way, metric, unit: 'ms' },
    samples: loads.map(of),
    baseline: 'inline',
  });
  return [
    row('longest stall', ({ maxMs }) => maxMs),
    row('p99 of timer drift', ({ p99Ms }) => p99Ms),
    row('event loop delay', ({ delayMaxMs }) => delayMaxMs),
    row('total', ({ totalMs }) => totalMs),
  ];
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
