import { fileURLToPath } from 'node:url';
import { inFreshProcess } from '../../src/main/cli/bench/fresh-process.ts';
import type { Row, Section } from '../../src/main/cli/bench/report-figures.ts';
import { type FixtureOptions, startFixture } from '../support/fixture.ts';
import type { CallJob, CallSample } from './calls-process.ts';

const SCRIPT = fileURLToPath(new URL('./calls-process.ts', import.meta.url));

interface Scenario {
  readonly name: string;
  readonly ways: readonly string[];
  readonly fixture: Omit<FixtureOptions, 'count' | 'tools'>;
  readonly job: Omit<CallJob, 'urls'>;
}

const CALLS: readonly Scenario[] = (['sequential', 'in-flight'] as const).flatMap((mode) => {
  const name = mode === 'sequential' ? '3 000 calls, one after the other' : '3 000 calls, 32 in flight';
  return [
    {
      name: `${name}, bare modern server`,
      ways: ['sdk', 'manager', 'raw'],
      fixture: { bare: true },
      job: { mode, calls: 3_000, speech: 'auto' as const },
    },
    {
      name: `${name}, modern server`,
      ways: ['sdk', 'manager', 'raw'],
      fixture: {},
      job: { mode, calls: 3_000, speech: 'auto' as const },
    },
    {
      name: `${name}, legacy session, event streams`,
      ways: ['sdk', 'manager'],
      fixture: { sessions: true },
      job: { mode, calls: 3_000, speech: 'legacy' as const },
    },
    {
      name: `${name}, legacy HTTP+SSE server`,
      ways: ['sdk', 'manager'],
      fixture: { sse: true },
      job: { mode, calls: 3_000, speech: 'sse' as const },
    },
  ];
});

const STEADY: Scenario = {
  name: '100 calls/s for 20 s (open loop), handlers of 100 ± 50 ms',
  ways: ['sdk', 'manager'],
  fixture: { callMs: [50, 150] },
  job: { mode: 'steady', calls: 2_000, speech: 'auto' },
};

/**
 * Measures calls to one real server in another process. Each way to call runs in new processes, alternately with the
 * others.
 */
export async function measureCalls(rounds: number, tell: (section: Section) => void): Promise<void> {
  for (const scenario of CALLS) tell(await measure(scenario, rounds));
}

/** Measures calls at a steady rate, and how much time the manager adds to each call. */
export async function measureSteady(rounds: number, tell: (section: Section) => void): Promise<void> {
  tell(await measure(STEADY, rounds));
}

async function measure({ name, ways, fixture, job }: Scenario, rounds: number): Promise<Section> {
  const samples = new Map<string, CallSample[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const way of ways) {
      // The server has only one tool, because a modern server registers all of its tools for each request, and that
      // time must not be measured.
      using server = await startFixture({ count: 1, tools: 1, ...fixture });
      const text = JSON.stringify({ ...job, urls: server.urls } satisfies CallJob);
      const sample = await inFreshProcess<CallSample>(SCRIPT, [way, text]);
      samples.set(way, [...(samples.get(way) ?? []), sample]);
    }
  }
  return { title: name, rows: [...samples].flatMap(([way, list]) => rowsOf(way, list)) };
}

function rowsOf(way: string, samples: readonly CallSample[]): Row[] {
  const row = (metric: string, unit: string, of: (sample: CallSample) => number): Row => ({
    way,
    metric,
    unit,
    samples: samples.map(of),
    baseline: 'sdk',
  });
  return [
    row('p50', 'ms', ({ p50Ms }) => p50Ms),
    row('p95', 'ms', ({ p95Ms }) => p95Ms),
    row('p99', 'ms', ({ p99Ms }) => p99Ms),
    row('rate', 'calls/s', ({ perSecond }) => perSecond),
  ];
}
