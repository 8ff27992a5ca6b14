import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { inFreshProcess } from '../../src/main/cli/bench/fresh-process.ts';
import { startMapProcess } from '../../src/main/cli/bench/map-server.ts';
import type { Row, Section } from '../../src/main/cli/bench/report-figures.ts';
import { distFolder } from '../gateway/dist.ts';
import type { FirstSyncSample } from './first-sync-process.ts';

const EMPTY = 'empty worker';
const FIRST_SYNC = fileURLToPath(new URL('./first-sync-process.ts', import.meta.url));

/**
 * Code of a thread that loads the module in `workerData`, if there is one, and then posts a message. It is JavaScript,
 * because TypeScript would be slow to load.
 */
const BOOT = `
const { parentPort, workerData } = require('node:worker_threads');
Promise.resolve(workerData === null ? null : import(workerData)).then(() => parentPort.postMessage('loaded'));
`;

type Tell = (section: Section) => void;

/** Samples for each kind of thread, by the name of the kind. */
type Samples<T> = Map<string, T[]>;

/**
 * Measures how long it takes until the code of a worker thread is loaded, and how long the first load of a map takes
 * with such a thread.
 */
export async function measureWorkers(rounds: number, tell: Tell): Promise<void> {
  const dist = pathToFileURL(join(distFolder(), '/')).href;
  await measureBoot(dist, rounds, tell);
  const library = `${dist}main/index.js`;
  await measureFirstSync({ count: 1_000, ways: ['inline', 'worker', 'plain'], rounds, library }, tell);
  await measureFirstSync({ count: 10_000, ways: ['busy worker', 'worker', 'inline'], rounds, library }, tell);
}

async function measureBoot(dist: string, rounds: number, tell: Tell): Promise<void> {
  const source = (path: string): string => new URL(`../../src/workers/${path}`, import.meta.url).href;
  const ways: Readonly<Record<string, string | null>> = {
    [EMPTY]: null,
    'load worker': `${dist}workers/load-service-map.task.mjs`,
    'load worker, from source': source('load/load-service-map.task.ts'),
    writer: `${dist}workers/store-writer.worker.mjs`,
    'writer, from source': source('store-writer.worker.ts'),
    'zod alone': import.meta.resolve('zod'),
  };
  const wall: Samples<number> = new Map();
  const cpu: Samples<number> = new Map();
  for (let round = 0; round < rounds; round += 1) {
    for (const [way, url] of Object.entries(ways)) {
      const before = process.cpuUsage();
      const startedMs = performance.now();
      const worker = new Worker(BOOT, { eval: true, workerData: url });
      await once(worker, 'message');
      add(wall, way, performance.now() - startedMs);
      const { user, system } = process.cpuUsage(before);
      add(cpu, way, (user + system) / 1_000);
      await worker.terminate();
    }
  }
  const rows = [
    ...rowsOf('until its code is loaded', wall, EMPTY, (ms) => ms),
    ...rowsOf('processor time', cpu, EMPTY, (ms) => ms),
  ];
  tell({ title: 'A thread starts', rows });
}

async function measureFirstSync(
  job: { readonly count: number; readonly ways: readonly string[]; readonly rounds: number; readonly library: string },
  tell: Tell,
): Promise<void> {
  const { count, ways, rounds, library } = job;
  using map = await startMapProcess({ count, endpoints: [], latencyMs: 1 });
  const samples: Samples<FirstSyncSample> = new Map();
  for (let round = 0; round < rounds; round += 1)
    for (const way of round % 2 === 0 ? ways : [...ways].reverse())
      add(samples, way, await inFreshProcess<FirstSyncSample>(FIRST_SYNC, [way, map.url, library]));
  const baseline = ways[0] ?? '';
  const rows = [
    ...rowsOf('until the map is loaded', samples, baseline, ({ totalMs }) => totalMs),
    ...rowsOf('longest stall', samples, baseline, ({ stallMs }) => stallMs),
    ...rowsOf('processor time', samples, baseline, ({ cpuMs }) => cpuMs),
  ];
  tell({ title: `First load of ${count} entries`, rows });
}

function add<T>(samples: Samples<T>, way: string, sample: T): void {
  samples.set(way, [...(samples.get(way) ?? []), sample]);
}

function rowsOf<T>(metric: string, samples: Samples<T>, baseline: string, of: (sample: T) => number): Row[] {
  return [...samples].map(([way, list]) => ({ ...{ way, metric, unit: 'ms', baseline }, samples: list.map(of) }));
}
