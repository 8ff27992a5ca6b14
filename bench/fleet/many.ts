import type { Row, Section } from '../../src/main/cli/bench/report-figures.ts';
import { BenchWorld } from './world.ts';

export interface ManyRun {
  readonly hosts: number;
  readonly processes: number;
  readonly entries: number;
  readonly changes: number;
  readonly intervalMs: number;
}

/** Measures as many hosts as the machine can run: how soon a change reaches the last host, and event loop delays. */
export async function measureMany(run: ManyRun, tell: (section: Section) => void): Promise<void> {
  const { hosts, processes, entries, changes, intervalMs } = run;
  await using world = await BenchWorld.start({ hosts, processes, entries, intervalMs, isFleet: true });
  const firstFreshMs = await world.change();
  await world.delays();
  const lastFreshMs: number[] = [];
  const load = await world.loadDuring(async () => {
    for (let change = 1; change <= changes; change += 1) lastFreshMs.push(await world.change());
  });
  const delays = await world.delays();
  const row = (metric: string, unit: string, samples: readonly number[]): Row => ({
    ...{ way: 'fleet', metric, unit, samples, baseline: null },
  });
  tell({
    title: `${hosts} hosts in ${processes} processes, maps of ${entries} entries`,
    rows: [
      row('requests at the source without audits, mean', '1/s', [load.requests / load.seconds]),
      row('audits at the source, mean', '1/s', [load.audits / load.seconds]),
      row('last host fresh after a change', 'ms', lastFreshMs),
      row('last host fresh after the first change of all', 'ms', [firstFreshMs]),
      row(
        'longest event loop delay of a process',
        'ms',
        delays.map(({ maxMs }) => maxMs),
      ),
      row(
        'event loop delay of a process, p99',
        'ms',
        delays.map(({ p99Ms }) => p99Ms),
      ),
      row(
        'memory of a process',
        'MB',
        delays.map(({ rssBytes }) => rssBytes / 1e6),
      ),
    ],
  });
}
