import { percentile, type Row, type Section } from '../../src/main/cli/bench/report-figures.ts';
import { serverOf, withStore } from './servers.ts';
import type { BenchStore, OpenStore } from './stores.ts';

const SIZES = [10, 100, 1_000, 10_000];
const WRITERS = [1, 64];

/**
 * Number of changes that each writer makes in a round, by the number of writers. Over three rounds, there are enough
 * samples for a p99.
 */
const PUTS = { 1: 100, 64: 10 } as const;

type Stores = Readonly<Record<string, OpenStore>>;

/**
 * Measures how long it takes until a change of one server is durable, for several numbers of servers and of writers.
 * The stores alternate.
 */
export async function measureUpserts(stores: Stores, rounds: number, tell: (section: Section) => void): Promise<void> {
  const ours = new Map<string, number[]>();
  for (const writers of WRITERS) {
    for (const size of SIZES) {
      const section = await measure(stores, size, writers, rounds);
      ours.set(`${writers} ${size}`, [...(section.rows.find(({ way }) => way === 'ours')?.samples ?? [])]);
      tell(section);
    }
  }
  tell({ title: 'Ours, 10 000 entries against 10', rows: [], notes: WRITERS.map((writers) => growth(writers, ours)) });
}

async function measure(stores: Stores, size: number, writers: number, rounds: number): Promise<Section> {
  const samples = new Map<string, number[]>(Object.keys(stores).map((way) => [way, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [way, open] of Object.entries(stores)) {
      const took = await withStore(open, size, (store) => putAll(store, size, writers, round));
      samples.get(way)?.push(...took);
    }
  }
  const rows = [...samples].map(
    ([way, values]): Row => ({ way, metric: 'acknowledged', unit: 'ms', samples: values, baseline: 'rewrite' }),
  );
  return { title: `Upsert, ${size} entries, ${writers} at once`, rows };
}

async function putAll(store: BenchStore, size: number, writers: number, round: number): Promise<number[]> {
  const took: number[] = [];
  const puts = writers === 1 ? PUTS[1] : PUTS[64];
  const write = async (writer: number): Promise<void> => {
    for (let put = 0; put < puts; put += 1) {
      const startedMs = performance.now();
      await store.put(serverOf((writer * puts + put) % size, round * puts + put));
      took.push(performance.now() - startedMs);
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  return took;
}

function growth(writers: number, samples: ReadonlyMap<string, readonly number[]>): string {
  const at = (size: number, share: number): number => percentile(samples.get(`${writers} ${size}`) ?? [], share);
  const ratios = [0.5, 0.95].map((share) => (at(10_000, share) / at(10, share)).toFixed(2));
  return `${writers} at once: p50 × ${ratios[0]}, p95 × ${ratios[1]} (target 1.5)`;
}
