import { fileURLToPath } from 'node:url';
import { inFreshProcess } from '../../src/main/cli/bench/fresh-process.ts';
import type { Row, Section } from '../../src/main/cli/bench/report-figures.ts';
import { startFixture } from '../support/fixture.ts';
import type { SoakSample } from './soak-process.ts';

const SCRIPT = fileURLToPath(new URL('./soak-process.ts', import.meta.url));

/** Measures many reconnects one after the other. Does the heap grow, and does any handle stay open? */
export async function measureSoak(cycles: number, tell: (section: Section) => void): Promise<void> {
  const rows: Row[] = [];
  const notes: string[] = [];
  for (const [way, share, callsPerSession] of [
    ['sdk', 5, 0],
    ['manager', 1, 1],
  ] as const) {
    using server = await startFixture({ count: 1, tools: 20, sessions: true, callsPerSession });
    const args = [way, server.urls[0] ?? '', String(Math.ceil(cycles / share))];
    const sample = await inFreshProcess<SoakSample>(SCRIPT, args, ['--expose-gc']);
    const row = (metric: string, unit: string, value: number): Row => ({
      way,
      metric,
      unit,
      samples: [value],
      baseline: null,
    });
    rows.push(
      row('cycles', '', sample.cycles),
      row('reconnects', '', sample.reconnects),
      row('cycles/s', '', sample.cyclesPerSecond),
      row('heap slope over the last 80 %', 'bytes/cycle', sample.bytesPerCycle),
      {
        way,
        metric: 'heap after collection',
        unit: 'MB',
        samples: sample.heapBytes.map((bytes) => bytes / 2 ** 20),
        baseline: null,
      },
    );
    notes.push(
      `${way}: handles before ${JSON.stringify(sample.handlesBefore)}, after ${JSON.stringify(sample.handlesAfter)}`,
    );
  }
  tell({ title: 'Reconnects: the server forgets a session after each call', rows, notes });
}
