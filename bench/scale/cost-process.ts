/**
 * A host in a separate process: `node --expose-gc cost-process.ts OFFLOAD URL ENABLED`. It loads the map at URL, in
 * which ENABLED connectors are enabled, and connects to them. Prints a CostSample.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { MAP_KEY } from '../../src/main/cli/bench/map-server.ts';
import { ConnectorProxyManager } from '../../src/main/index.ts';

export interface CostSample {
  readonly firstToolMs: number;
  readonly allToolsMs: number;
  /** Time until `sync()` resolves. */
  readonly syncMs: number;
  /** Processor time of the whole process, including its threads, until all tools are listed. */
  readonly cpuMs: number;
  readonly rssMb: number;
  /** Growth of the main thread's heap, measured after a garbage collection. */
  readonly heapBytes: number;
  readonly externalBytes: number;
}

const [offload = 'auto', serviceMapUrl = '', enabled = '0', isFake = ''] = process.argv.slice(2);
const collect = (globalThis as { gc?: () => void }).gc ?? (() => {});
collect();
const before = process.memoryUsage();
const cpu = process.cpuUsage();
const startedMs = performance.now();
let firstToolMs = 0;
const manager = new ConnectorProxyManager({
  ...{ serviceMapUrl, signatureKey: MAP_KEY, offload: offload as 'auto' | 'never', proxy: false },
  ...{ timeoutMs: 60_000, maxMapBytes: 2 ** 30, syncDeadlineMs: 120_000 },
  featureFlags: { asyncRefresh: false, refreshIntervalMs: 300_000 },
  ...(isFake !== '' && {
    createProxy: () => ({
      connect: async () => {},
      getTools: () => [{ name: 'tool', inputSchema: { type: 'object' } }],
      callTool: async () => ({ content: [] }),
    }),
  }),
});
manager.on('tools', () => {
  if (firstToolMs === 0) firstToolMs = performance.now() - startedMs;
});
await manager.sync();
const syncMs = performance.now() - startedMs;
if (Number(enabled) > 0) await manager.ready('all', { timeoutMs: 120_000 });
const allToolsMs = performance.now() - startedMs;
const { user, system } = process.cpuUsage(cpu);
const rssMb = process.memoryUsage().rss / 2 ** 20;
await sleep(300);
for (let times = 0; times < 3; times += 1) {
  collect();
  await sleep(50);
}
const after = process.memoryUsage();
const sample: CostSample = {
  ...{ firstToolMs, allToolsMs, syncMs, rssMb },
  cpuMs: (user + system) / 1_000,
  heapBytes: after.heapUsed - before.heapUsed,
  externalBytes: after.external - before.external,
};
process.stdout.write(JSON.stringify(sample), () => process.exit());
