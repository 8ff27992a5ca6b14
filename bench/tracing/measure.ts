import { fileURLToPath } from 'node:url';
import { inFreshProcess } from '../../src/main/cli/bench/fresh-process.ts';
import type { Row, Section } from '../../src/main/cli/bench/report-figures.ts';
import type { TracingWay } from './call-process.ts';

const PROGRAM = fileURLToPath(new URL('./call-process.ts', import.meta.url));

const WAYS: readonly { readonly way: string; readonly job: TracingWay }[] = [
  { way: 'no tracing', job: { host: 'none', isBare: true, isTraced: false } },
  { way: 'no API', job: { host: 'none', isBare: false, isTraced: false } },
  { way: "no API, client's trace", job: { host: 'none', isBare: false, isTraced: true } },
  { way: 'no-op tracer', job: { host: 'no-op', isBare: false, isTraced: false } },
  { way: "no-op tracer, client's trace", job: { host: 'no-op', isBare: false, isTraced: true } },
  { way: "SDK, unsampled, client's trace", job: { host: 'unsampled', isBare: false, isTraced: true } },
  { way: "SDK, recording, client's trace", job: { host: 'spans', isBare: false, isTraced: true } },
  {
    way: "SDK, recording and metrics, client's trace",
    job: { host: 'spans-and-metrics', isBare: false, isTraced: true },
  },
];

/** Measures calls with each kind of tracing, in turns. */
export async function measureTracing(
  { rounds, calls }: { readonly rounds: number; readonly calls: number },
  tell: (section: Section) => void,
): Promise<void> {
  const samples = new Map<string, number[]>(WAYS.map(({ way }) => [way, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const { way, job } of WAYS) {
      const measured = await inFreshProcess<readonly number[]>(PROGRAM, [JSON.stringify(job), String(calls)]);
      samples.get(way)?.push(...measured);
    }
  const rows = WAYS.map(
    ({ way }): Row => ({
      way,
      metric: 'one call',
      unit: 'µs',
      samples: samples.get(way) ?? [],
      baseline: 'no API',
    }),
  );
  tell({ title: `The tracing of a call: ${rounds} processes of ${calls} calls each`, rows });
}
