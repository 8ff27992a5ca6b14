import { fileURLToPath } from 'node:url';
import { inFreshProcess } from '../../src/main/cli/bench/fresh-process.ts';
import { type MapProcess, startMapProcess } from '../../src/main/cli/bench/map-server.ts';
import type { Row, Section } from '../../src/main/cli/bench/report-figures.ts';
import { startFixture } from '../support/fixture.ts';
import type { CostSample } from './cost-process.ts';

const SCRIPT = fileURLToPath(new URL('./cost-process.ts', import.meta.url));
const WAYS = { inline: 'never', manager: 'auto' } as const;

/**
 * Measures a map of 10 000 entries, of which 16 are real servers: the time until the first tool and until all tools are
 * listed, the processor time, and the memory.
 */
export async function measureCost(rounds: number, tell: (section: Section) => void): Promise<void> {
  using servers = await startFixture({ count: 16, tools: 20, bare: true });
  using map = await startMapProcess({ count: 10_000, endpoints: servers.urls });
  const samples = await collect(map, rounds, '16');
  const row = rowOf(samples);
  tell({
    title: 'A map of 10 000 entries, 16 of them servers with 20 tools each',
    rows: [
      ...row('first tool', 'ms', ({ firstToolMs }) => firstToolMs),
      ...row('all tools', 'ms', ({ allToolsMs }) => allToolsMs),
      ...row('processor time', 'ms', ({ cpuMs }) => cpuMs),
      ...row('RSS', 'MB', ({ rssMb }) => rssMb),
      ...row('heap of the main thread', 'MB', ({ heapBytes }) => heapBytes / 2 ** 20),
    ],
  });
}

/**
 * Measures the first sync of a map of 1 000 entries, from its start to its end. The map's server answers after one
 * millisecond.
 */
export async function measureSmallTotal(rounds: number, tell: (section: Section) => void): Promise<void> {
  using map = await startMapProcess({ count: 1_000, endpoints: [], latencyMs: 1 });
  const row = rowOf(await collect(map, rounds, '0'));
  const rows = [
    ...row('until sync() resolves', 'ms', ({ syncMs }) => syncMs),
    ...row('processor time', 'ms', ({ cpuMs }) => cpuMs),
  ];
  tell({ title: 'A first sync of 1 000 entries, 1 ms away', rows });
}

/**
 * Measures the memory of each entry on the main thread, for maps of these sizes. The entries are either disabled, or
 * connected by a minimal fake proxy, so that only the memory of the manager is measured.
 */
export async function measureMemory(
  sizes: readonly number[],
  rounds: number,
  tell: (section: Section) => void,
): Promise<void> {
  for (const size of sizes) {
    for (const kind of ['disabled', 'up'] as const) {
      using map = await startMapProcess({ count: size, endpoints: [], enabled: kind === 'up' });
      const samples = await collect(map, rounds, '0', kind === 'up' ? 'fake' : '');
      const row = rowOf(samples);
      tell({
        title: `Memory of the main thread for each of ${size} entries, ${kind}`,
        rows: [
          ...row('heap', 'bytes/entry', ({ heapBytes }) => heapBytes / size),
          ...row('external', 'bytes/entry', ({ externalBytes }) => externalBytes / size),
          ...row('RSS of the process', 'MB', ({ rssMb }) => rssMb),
        ],
      });
    }
  }
}

async function collect(
  map: MapProcess,
  rounds: number,
  enabled: string,
  fake = '',
): Promise<ReadonlyMap<string, CostSample[]>> {
  const samples = new Map<string, CostSample[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const [way, offload] of Object.entries(WAYS)) {
      const args = [offload, map.url, enabled, fake];
      samples.set(way, [...(samples.get(way) ?? []), await inFreshProcess<CostSample>(SCRIPT, args, ['--expose-gc'])]);
    }
  }
  return samples;
}

function rowOf(samples: ReadonlyMap<string, readonly CostSample[]>) {
  return (metric: string, unit: string, of: (sample: CostSample) => number): Row[] =>
    [...samples].map(([way, list]) => ({ ...{ way, metric, unit }, samples: list.map(of), baseline: 'inline' }));
}
