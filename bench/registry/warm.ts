import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inFreshProcess } from '../../src/main/cli/bench/fresh-process.ts';
import type { Row, Section } from '../../src/main/cli/bench/report-figures.ts';
import { startFixture } from '../support/fixture.ts';
import { serveMapOf } from '../support/fixture-map.ts';
import type { WarmJob, WarmSample } from './warm-process.ts';

const SCRIPT = fileURLToPath(new URL('./warm-process.ts', import.meta.url));

const CONNECTORS = 16;
const TOOLS = 20;

/**
 * Measures starts with a state folder that an earlier process filled: the time until 320 tools are listed, and until
 * the first call is answered. The baseline is the SDK, which already knows the URL, connects and calls the tool.
 */
export async function measureWarmStarts(rounds: number, tell: (section: Section) => void): Promise<void> {
  for (const handshakeMs of [
    [0, 0],
    [150, 300],
  ] as const) {
    using fixture = await startFixture({ count: CONNECTORS, tools: TOOLS, handshakeMs });
    using map = await serveMapOf(fixture.urls);
    const stateDir = mkdtempSync(join(tmpdir(), 'switchyard-bench-'));
    const samples: Record<'warm' | 'sdk', WarmSample[]> = { warm: [], sdk: [] };
    const index = 7;
    const job: WarmJob = {
      ...{ mapUrl: map.url, stateDir, index, tools: CONNECTORS * TOOLS },
      url: fixture.urls[index] ?? '',
    };
    const run = (way: string): Promise<WarmSample> => inFreshProcess(SCRIPT, [way, JSON.stringify(job)]);
    await run('fill');
    for (let round = 0; round < rounds; round += 1)
      for (const way of ['sdk', 'warm'] as const) samples[way].push(await run(way));
    rmSync(stateDir, { recursive: true });
    const row = (way: 'warm' | 'sdk', metric: string, of: (sample: WarmSample) => number | null): Row => ({
      ...{ way, metric, unit: 'ms' },
      samples: samples[way].flatMap((sample) => of(sample) ?? []),
      baseline: 'sdk',
    });
    tell({
      title: `Warm start, ${CONNECTORS} × ${TOOLS} tools, handshakes ${handshakeMs.join('–')} ms`,
      rows: [
        row('warm', 'all tools listed, from construction', ({ listedMs }) => listedMs),
        row('sdk', 'first call', ({ calledMs }) => calledMs),
        row('warm', 'first call', ({ calledMs }) => calledMs),
        row('warm', 'longest stall of the main thread', ({ stallMs }) => stallMs),
      ],
      notes: ['For the SDK the first call includes its connect; all in fresh processes, interleaved'],
    });
  }
}
