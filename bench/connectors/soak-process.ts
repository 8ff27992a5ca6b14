/**
 * Reconnects many times in one way, in a separate process: `node --expose-gc soak-process.ts WAY URL CYCLES`. Prints a
 * SoakSample. The server forgets a session after one call. So for each later call, the manager finds that the session
 * is gone, connects again and repeats the call.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { managerOf } from './call-ways.ts';

export interface SoakSample {
  readonly cycles: number;
  readonly reconnects: number;
  /** Size of the heap after every hundredth cycle, measured after a garbage collection. */
  readonly heapBytes: readonly number[];
  /** Growth of the heap per cycle: the least-squares slope of the last 80 % of the samples. */
  readonly bytesPerCycle: number;
  readonly handlesBefore: Readonly<Record<string, number>>;
  readonly handlesAfter: Readonly<Record<string, number>>;
  readonly cyclesPerSecond: number;
}

const STEP = 100;

const [way = '', url = '', cyclesText = '10000'] = process.argv.slice(2);
const cycles = Number(cyclesText);
const collect = (globalThis as { gc?: () => void }).gc;
if (collect === undefined) throw new Error('Run this script with `node --expose-gc`.');

let reconnects = 0;
const cycle = way === 'manager' ? await managerCycle() : sdkCycle;

async function managerCycle(): Promise<() => Promise<void>> {
  const { manager, call } = await managerOf([url]);
  manager.on('connector', ({ to }) => {
    if (to === 'ready') reconnects += 1;
  });
  return async () => void (await call(0));
}

async function sdkCycle(): Promise<void> {
  const client = new Client({ name: 'bench', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(new URL(url));
  await client.connect(transport);
  await client.listTools();
  await client.callTool({ name: 'tool_0', arguments: { query: 'x' } });
  await transport.terminateSession();
  await client.close();
  reconnects += 1;
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
  const variance = values.reduce((sum, _, index) => sum + (index - mean) ** 2, 0);
  return covariance / variance;
}

// Writes to the standard streams before handles are counted, because a stream counts as a handle once it is used.
for (const stream of [process.stdout, process.stderr]) stream.write('');
for (let warm = 0; warm < STEP; warm += 1) await cycle();
await sleep(200);
const handlesBefore = handles();
const heapBytes: number[] = [];
const startedMs = performance.now();
reconnects = 0;
for (let done = 1; done <= cycles; done += 1) {
  await cycle();
  if (done % STEP === 0) {
    collect();
    heapBytes.push(process.memoryUsage().heapUsed);
  }
}
const cyclesPerSecond = (1_000 * cycles) / (performance.now() - startedMs);
await sleep(200);
const sample: SoakSample = {
  cycles,
  reconnects,
  heapBytes,
  bytesPerCycle: slope(heapBytes.slice(Math.floor(heapBytes.length / 5))) / STEP,
  handlesBefore,
  handlesAfter: handles(),
  cyclesPerSecond,
};
process.stdout.write(JSON.stringify(sample), () => process.exit());
