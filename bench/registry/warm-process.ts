/**
 * One start in a separate process: `node warm-process.ts fill|warm|sdk JOB`, where JOB is JSON. Prints a WarmSample.
 */
import { ConnectorProxyManager } from '../../src/main/index.ts';
import { BENCH_KEY } from '../support/maps.ts';
import { watchStall } from '../support/stall.ts';

export interface WarmJob {
  readonly mapUrl: string;
  readonly stateDir: string;
  /** URL of the connector whose tool is called, and the index of that connector in the map. */
  readonly url: string;
  readonly index: number;
  readonly tools: number;
}

export interface WarmSample {
  /** Time from before the manager is created until all tools are listed; null for the SDK, which lists no tools. */
  readonly listedMs: number | null;
  /** Time from the first call to its response. For the SDK, it also includes the time to connect. */
  readonly calledMs: number;
  readonly stallMs: number;
}

const CAP_MS = 10_000;
const ARGUMENTS = { query: 'x' };

const [way, text = '{}'] = process.argv.slice(2);
const { mapUrl, stateDir, url, index, tools } = JSON.parse(text) as WarmJob;

async function sdk(): Promise<WarmSample> {
  const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
  const stall = watchStall();
  const startedMs = performance.now();
  const client = new Client({ name: 'bench', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  await client.callTool({ name: 'tool_0', arguments: ARGUMENTS });
  return { listedMs: null, calledMs: performance.now() - startedMs, stallMs: stall.stop() };
}

async function manager(isFilling: boolean): Promise<WarmSample> {
  const stall = watchStall();
  const startedMs = performance.now();
  const host = new ConnectorProxyManager({ serviceMapUrl: mapUrl, signatureKey: BENCH_KEY, stateDir });
  if (isFilling) await host.sync();
  while (host.listTools().length < tools && performance.now() - startedMs < CAP_MS)
    await new Promise((resolve) => setImmediate(resolve));
  const listedMs = performance.now() - startedMs;
  const calledAtMs = performance.now();
  await host.callTool(`c${index}.tool_0`, ARGUMENTS);
  const sample = { listedMs, calledMs: performance.now() - calledAtMs, stallMs: stall.stop() };
  await host.close();
  return sample;
}

const sample = await (way === 'sdk' ? sdk() : manager(way === 'fill'));
process.stdout.write(JSON.stringify(sample), () => process.exit());
