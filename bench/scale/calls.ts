import { fileURLToPath } from 'node:url';
import { inFreshProcess } from '../../src/main/cli/bench/fresh-process.ts';
import { serveNext, startMapProcess } from '../../src/main/cli/bench/map-server.ts';
import type { CallsSample } from '../../src/main/cli/bench/measure-calls.ts';
import { percentile, type Row, type Section } from '../../src/main/cli/bench/report-figures.ts';
import { startFixture } from '../support/fixture.ts';

const SCRIPT = fileURLToPath(new URL('./calls-process.ts', import.meta.url));
const SIZE = 10_000;
const WAYS = ['no refresh', 'control', 'manager', 'inline'] as const;

/**
 * Measures 100 calls a second to a real connector, while a map of 10 000 entries is refreshed every second. Calls start
 * at scheduled times, even if earlier calls have not ended.
 */
export async function measureCallsBesideRefreshes(
  rounds: number,
  seconds: number,
  tell: (section: Section) => void,
): Promise<void> {
  const samples = new Map<string, CallsSample[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const way of round % 2 === 0 ? WAYS : [...WAYS].reverse()) {
      using server = await startFixture({ count: 1, tools: 1, bare: true });
      using map = await startMapProcess({ count: SIZE, endpoints: server.urls });
      using beside = await startMapProcess({ count: SIZE, endpoints: [] });
      await serveNext(beside.url, `changed/${SIZE / 200}`);
      const args = [way, map.url, String(SIZE), String(seconds), beside.url];
      samples.set(way, [...(samples.get(way) ?? []), await inFreshProcess<CallsSample>(SCRIPT, args)]);
    }
  }
  const rows = [...samples].flatMap(([way, list]) => {
    const row = (metric: string, unit: string, of: (sample: CallsSample) => number, baseline: string): Row => ({
      ...{ way, metric, unit, baseline },
      samples: list.map(of),
    });
    return [
      row('p50', 'ms', ({ latenciesMs }) => percentile(latenciesMs, 0.5), 'no refresh'),
      row('p95', 'ms', ({ latenciesMs }) => percentile(latenciesMs, 0.95), 'no refresh'),
      row('p99', 'ms', ({ latenciesMs }) => percentile(latenciesMs, 0.99), 'control'),
      row('max', 'ms', ({ latenciesMs }) => Math.max(...latenciesMs), 'control'),
      row('CPU of the process', 'ms/s', ({ cpuMs }) => cpuMs, 'no refresh'),
    ];
  });
  const refreshes =
    samples
      .get('manager')
      ?.map((sample) => sample.refreshes)
      .join(', ') ?? '';
  const notes = [
    `${seconds * 100} calls a round; refreshes of the manager in each: ${refreshes}`,
    'control: no refresh, but a thread of the process fetches and verifies another map of that size every second, and posts no result to the main thread',
  ];
  tell({ title: `Calls, 100/s open loop, while a map of ${SIZE} entries is refreshed every second`, rows, notes });
}
