import { fileURLToPath } from 'node:url';
import { inFreshProcess } from '../../src/main/cli/bench/fresh-process.ts';
import type { Row, Section } from '../../src/main/cli/bench/report-figures.ts';
import { freePort, type RunningGateway, type StartGateway, startMcpHub, startSwitchyard } from './gateways.ts';
import { startRawConnectors } from './raw-connectors.ts';
import type { StreamJob, StreamSample } from './stream-process.ts';
import type { Target } from './target.ts';
import { mcpHubTarget, switchyardTargets } from './world.ts';

const SCRIPT = fileURLToPath(new URL('./stream-process.ts', import.meta.url));
const LIVE_MEMORY = new URL('./live-memory.ts', import.meta.url).href;

const MEBIBYTE = 1_024 * 1_024;
const BYTES = 10 * MEBIBYTE;

/** How fast clients read: either as fast as they can, or 64 KiB every 8 ms, which is about 8 MB per second. */
const READERS = { 'read at once': 0, 'read slowly': 8 } as const;

/**
 * Reads results of 10 MB through each gateway, one alone and four at the same time. Measures how much the used memory
 * and the resident memory of the gateway grow, and how long the results take.
 */
export async function measureStreams(
  rounds: number,
  withPeers: boolean,
  tell: (section: Section) => void,
): Promise<void> {
  using connectors = await startRawConnectors({ count: 1, tools: 1 });
  const targetsOf: readonly (readonly [StartGateway, (gateway: RunningGateway) => readonly Target[]])[] = [
    [startSwitchyard, switchyardTargets],
    ...(withPeers ? [[startMcpHub, (gateway: RunningGateway) => [mcpHubTarget(gateway)]] as const] : []),
  ];
  for (const [reading, pauseMs] of Object.entries(READERS))
    for (const atOnce of [1, 4]) {
      const rows: Row[] = [];
      for (const isHeld of [true, false])
        for (const [start, targets] of targetsOf) {
          const port = isHeld ? await freePort() : null;
          using gateway = await start(connectors.urls, port === null ? {} : watched(port));
          for (const target of targets(gateway)) {
            const heldUrl = port === null ? null : `http://127.0.0.1:${port}/`;
            const job: StreamJob = { target, bytes: BYTES, atOnce, pauseMs, passes: rounds, heldUrl };
            rows.push(...rowsOf(target.way, isHeld, await inFreshProcess<StreamSample>(SCRIPT, [JSON.stringify(job)])));
          }
        }
      tell({ title: `${atOnce} × 10 MiB result, ${reading}`, rows, notes: NOTES });
    }
}

const NOTES = [
  'Held: peak heap and buffers in use minus the level before, garbage collected every 20 ms; in separate processes, which are slow for this reason',
  'Resident: the peak of a pass minus the level before, including garbage not yet collected; both after three passes that are not counted',
];

/** Returns Node.js arguments and environment variables that make a gateway report its used memory at `port`. */
function watched(port: number): { readonly nodeArgs: readonly string[]; readonly env: Record<string, string> } {
  return {
    nodeArgs: ['--expose-gc', '--import', LIVE_MEMORY],
    env: { BENCH_MEMORY_PORT: String(port) },
  };
}

function rowsOf(way: string, isHeld: boolean, { growthBytes, elapsedMs }: StreamSample): Row[] {
  const growth = growthBytes.map((bytes) => bytes / MEBIBYTE);
  const row = { way, baseline: null };
  if (isHeld) return [{ ...row, metric: 'held', unit: 'MiB', samples: growth }];
  return [
    { ...row, metric: 'resident', unit: 'MiB', samples: growth },
    { ...row, metric: 'to the last byte', unit: 'ms', samples: elapsedMs },
  ];
}
