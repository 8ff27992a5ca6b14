import { Children } from '../demo/children.ts';
import { ownFile } from '../own-file.ts';
import { inFreshProcess } from './fresh-process.ts';
import { startMapProcess } from './map-server.ts';
import type { CallsSample } from './measure-calls.ts';
import type { StallSample } from './measure-stalls.ts';
import { percentile, type Row, type Section } from './report-figures.ts';

export interface HeadlineOptions {
  /** Number of entries in the map. */
  readonly entries: number;
  /** Number of processes that are measured for each way of loading the map. */
  readonly rounds: number;
  /** How long each process calls tools, in seconds. */
  readonly seconds: number;
  /** Called before each process is started. */
  readonly onProgress: (what: string, done: number, of: number) => void;
}

const SCRIPT = ownFile('bench/headline-process');
const REFRESHES = 3;

const STALL_WAYS = ['plain', 'inline', 'manager'] as const;
const CALL_WAYS = ['no refresh', 'inline', 'manager'] as const;

const WAYS_NOTE =
  'manager: this package. inline: this package without worker threads. ' +
  'plain: fetch, JSON.parse, zod and an HMAC on the main thread.';

/**
 * Measures the two main comparisons on this machine: how long the load of a large map blocks the main thread, and how
 * much the load delays tool calls. Takes some minutes.
 */
export async function measureHeadlines(options: HeadlineOptions): Promise<Section[]> {
  return [await stalls(options), await calls(options)];
}

async function stalls({ entries, rounds, onProgress }: HeadlineOptions): Promise<Section> {
  using map = await startMapProcess({ count: entries, endpoints: [] });
  const samples = await interleaved<StallSample>(STALL_WAYS, rounds, (way, done, of) => {
    onProgress(`stalls, ${way}`, done, of);
    return inFreshProcess(SCRIPT, ['stalls', way, map.url, String(entries), String(REFRESHES)]);
  });
  const rows = [...samples].flatMap(([way, list]) => {
    const row = (metric: string, of: (sample: StallSample) => readonly number[]): Row => ({
      ...{ way, metric, unit: 'ms', baseline: 'plain' },
      samples: list.flatMap(of),
    });
    return [
      row('longest stall, first load', ({ cold }) => cold.map(({ maxMs }) => maxMs)),
      row('longest stall, refresh', ({ changed }) => changed.map(({ maxMs }) => maxMs)),
      row('longest stall, same bytes', ({ same }) => same.map(({ maxMs }) => maxMs)),
      row('longest stall, 304', ({ notModified }) => notModified.map(({ maxMs }) => maxMs)),
      row('first load in all', ({ cold }) => cold.map(({ totalMs }) => totalMs)),
      row('refresh in all', ({ changed }) => changed.map(({ totalMs }) => totalMs)),
    ];
  });
  return {
    title: `The main thread, loading a signed map of ${entries} entries, then with one in 200 changed`,
    rows,
    notes: [WAYS_NOTE],
  };
}

async function calls({ entries, rounds, seconds, onProgress }: HeadlineOptions): Promise<Section> {
  using children = new Children();
  const server = await children.startAnnouncing(ownFile('demo/own-server'), ['toolbox']);
  using map = await startMapProcess({ count: entries, endpoints: [server] });
  const samples = await interleaved<CallsSample>(CALL_WAYS, rounds, (way, done, of) => {
    onProgress(`calls, ${way}`, done, of);
    return inFreshProcess(SCRIPT, ['calls', way, map.url, String(entries), String(seconds)]);
  });
  const rows = [...samples].flatMap(([way, list]) => {
    const row = (metric: string, share: number): Row => ({
      ...{ way, metric, unit: 'ms', baseline: 'no refresh' },
      samples: list.map(({ latenciesMs }) => percentile(latenciesMs, share)),
    });
    return [row('p50', 0.5), row('p95', 0.95), row('p99', 0.99), row('max', 1)];
  });
  const title = `100 tool calls a second while a map of ${entries} entries is refreshed every second`;
  return { title, rows, notes: ['Open loop: the time of each call counts from when it was due.'] };
}

/** Measures each of `ways` once per round, `rounds` times. Every second round measures them in reverse order. */
async function interleaved<T>(
  ways: readonly string[],
  rounds: number,
  measure: (way: string, done: number, of: number) => Promise<T>,
): Promise<ReadonlyMap<string, readonly T[]>> {
  const samples = new Map<string, T[]>();
  let done = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const way of round % 2 === 0 ? ways : [...ways].reverse()) {
      const sample = await measure(way, done, rounds * ways.length);
      samples.set(way, [...(samples.get(way) ?? []), sample]);
      done += 1;
    }
  }
  return samples;
}
