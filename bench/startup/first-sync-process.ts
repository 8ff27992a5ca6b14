/**
 * The first load of a map, in a separate process: `node first-sync-process.ts WAY URL LIBRARY`. The library and all
 * other code are imported before the measurement. Prints a FirstSyncSample.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

export interface FirstSyncSample {
  readonly totalMs: number;
  /** Longest time for which the event loop was blocked. */
  readonly stallMs: number;
  /** Processor time of the whole process. */
  readonly cpuMs: number;
}

const KEY = 'a key for benchmarks';

const [way = '', serviceMapUrl = '', library = ''] = process.argv.slice(2);

async function manager(offload: 'auto' | 'never'): Promise<() => Promise<unknown>> {
  const { ConnectorProxyManager } = (await import(library)) as typeof import('../../src/main/index.ts');
  const limits = { timeoutMs: 60_000, syncDeadlineMs: 120_000, maxMapBytes: 2 ** 30 };
  return () => new ConnectorProxyManager({ serviceMapUrl, signatureKey: KEY, offload, proxy: false, ...limits }).sync();
}

const WAYS: Readonly<Record<string, () => Promise<() => Promise<unknown>>>> = {
  inline: () => manager('never'),
  worker: () => manager('auto'),
  plain: async () => {
    const { plainKeeper } = await import('../../src/main/cli/bench/keepers.ts');
    return () => plainKeeper(serviceMapUrl);
  },
  'busy worker': async () => {
    const { floorKeeper } = await import('../scale/worker-keepers.ts');
    return () => floorKeeper(serviceMapUrl);
  },
};

const prepare = WAYS[way];
if (prepare === undefined) throw new Error(`Unknown way "${way}"`);
const load = await prepare();
await sleep(200);
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
await sleep(20);
delay.reset();
const cpu = process.cpuUsage();
const startedMs = performance.now();
await load();
const totalMs = performance.now() - startedMs;
const { user, system } = process.cpuUsage(cpu);
await sleep(20);
delay.disable();
const sample: FirstSyncSample = { totalMs, stallMs: delay.max / 1e6, cpuMs: (user + system) / 1_000 };
process.stdout.write(JSON.stringify(sample), () => process.exit());
