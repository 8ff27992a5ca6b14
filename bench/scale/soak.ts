import { fileURLToPath } from 'node:url';
import { inFreshProcess } from '../../src/main/cli/bench/fresh-process.ts';
import { startMapProcess } from '../../src/main/cli/bench/map-server.ts';
import type { Row, Section } from '../../src/main/cli/bench/report-figures.ts';
import { startFixture } from '../support/fixture.ts';
import type { ScaleSoakSample } from './soak-process.ts';

const SCRIPT = fileURLToPath(new URL('./soak-process.ts', import.meta.url));
const SERVERS = 4;
const MB = 2 ** 20;

/**
 * Measures an hour of refreshes, changes, failures and reconnects, in a few minutes. Does the heap grow, and does any
 * handle stay open?
 */
export async function measureScaleSoak(seconds: number, tell: (section: Section) => void): Promise<void> {
  using servers = await startFixture({ count: SERVERS, tools: 5, sessions: true, callsPerSession: 3 });
  using map = await startMapProcess({ count: 2_000, endpoints: servers.urls });
  const args = [map.url, String(seconds), String(SERVERS)];
  const sample = await inFreshProcess<ScaleSoakSample>(SCRIPT, args, ['--expose-gc']);
  const row = (metric: string, unit: string, samples: readonly number[]): Row => ({
    ...{ way: 'manager', metric, unit, samples },
    baseline: null,
  });
  tell({
    title: `A map of 2 000 entries for an hour in ${seconds} s`,
    rows: [
      row('refreshes that loaded', '', [sample.refreshes.loaded ?? 0]),
      row('refreshes that failed', '', [sample.refreshes.failed ?? 0]),
      row('connections', '', [sample.reconnects]),
      row('calls', '', [sample.calls]),
      row('calls that failed', '', [sample.failedCalls]),
      row('heap slope over the last 80 %', 'bytes/refresh', [sample.heapSlope]),
      row(
        'heap after collection',
        'MB',
        sample.heapBytes.map((bytes) => bytes / MB),
      ),
      row(
        'external',
        'MB',
        sample.externalBytes.map((bytes) => bytes / MB),
      ),
    ],
    notes: [`handles before ${JSON.stringify(sample.handlesBefore)}, after ${JSON.stringify(sample.handlesAfter)}`],
  });
}
