/**
 * A host in a separate process: `node --expose-gc soak-process.ts URL SECONDS SERVERS`. Its clock runs so fast that
 * SECONDS seconds count as an hour. In turns, the map's server sends a changed map, the same map, a 304 or an error.
 * Tools are called over sessions that the MCP servers forget. Prints a ScaleSoakSample.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { MAP_KEY, type MapMode, serveNext } from '../../src/main/cli/bench/map-server.ts';
import { ConnectorProxyManager } from '../../src/main/index.ts';

export interface ScaleSoakSample {
  readonly refreshes: Readonly<Record<string, number>>;
  readonly reconnects: number;
  readonly calls: number;
  readonly failedCalls: number;
  /** Size of the heap after every ten refreshes, measured after a garbage collection. */
  readonly heapBytes: readonly number[];
  readonly externalBytes: readonly number[];
  /** Growth of the heap per refresh: the least-squares slope of the last 80 % of the samples. */
  readonly heapSlope: number;
  readonly handlesBefore: Readonly<Record<string, number>>;
  readonly handlesAfter: Readonly<Record<string, number>>;
}

const HOUR_MS = 3_600_000;
const STEP = 10;
const MODES: readonly MapMode[] = ['changed/50', 'not-modified', 'changed/50', 'same', 'failing', 'changed/50'];

const [serviceMapUrl = '', secondsText = '300', serversText = '0'] = process.argv.slice(2);
const seconds = Number(secondsText);
const servers = Number(serversText);
const collect = (globalThis as { gc?: () => void }).gc;
if (collect === undefined) throw new Error('Run this script with `node --expose-gc`.');

const startedAt = Date.now();
const fast = HOUR_MS / (seconds * 1_000);
const manager = new ConnectorProxyManager({
  ...{ serviceMapUrl, signatureKey: MAP_KEY, proxy: false as const, timeoutMs: 30_000 },
  now: () => startedAt + (Date.now() - startedAt) * fast,
  sleep: async () => {},
  featureFlags: { asyncRefresh: false, refreshIntervalMs: 300_000 },
});
let reconnects = 0;
manager.on('connector', ({ to }) => {
  if (to === 'ready') reconnects += 1;
});
await manager.sync();
await manager.ready('all', { timeoutMs: 30_000 });

const refreshes: Record<string, number> = { loaded: 0, failed: 0 };
let calls = 0;
let failedCalls = 0;

async function cycle(number: number): Promise<void> {
  const mode = MODES[number % MODES.length] ?? 'same';
  await serveNext(serviceMapUrl, mode);
  await manager.sync(true).catch(() => {});
  const { lastError } = manager.status().serviceMap;
  const outcome = lastError === null ? 'loaded' : 'failed';
  refreshes[outcome] = (refreshes[outcome] ?? 0) + 1;
  const outcomes = await Promise.allSettled(
    Array.from({ length: servers }, (_, index) => manager.callTool(`c${index}.tool_0`, { query: 'x' })),
  );
  calls += outcomes.length;
  failedCalls += outcomes.filter(({ status }) => status === 'rejected').length;
}

function handles(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

function slope(values: readonly number[]): number {
  const mean = (values.length - 1) / 2;
  const average = values.reduce((sum, value) => sum + value, 0) / values.length;
  const covariance = values.reduce((sum, value, index) => sum + (index - mean) * (value - average), 0);
  return covariance / values.reduce((sum, _, index) => sum + (index - mean) ** 2, 0);
}

for (const stream of [process.stdout, process.stderr]) stream.write('');
let done = 0;
for (; done < 3 * MODES.length; done += 1) await cycle(done);
await sleep(1_000);
const handlesBefore = handles();
const heapBytes: number[] = [];
const externalBytes: number[] = [];
const endsAt = startedAt + seconds * 1_000;
while (Date.now() < endsAt) {
  await cycle(done);
  done += 1;
  if (done % STEP !== 0) continue;
  collect();
  const { heapUsed, external } = process.memoryUsage();
  heapBytes.push(heapUsed);
  externalBytes.push(external);
}
// Runs until a whole number of cycles is complete, so that the numbers of handles before and after can be compared.
while (done % MODES.length !== 0) {
  await cycle(done);
  done += 1;
}
await sleep(1_000);
const sample: ScaleSoakSample = {
  ...{ refreshes, reconnects, calls, failedCalls, heapBytes, externalBytes },
  heapSlope: slope(heapBytes.slice(Math.floor(heapBytes.length / 5))) / STEP,
  handlesBefore,
  handlesAfter: handles(),
};
process.stdout.write(JSON.stringify(sample), () => process.exit());
