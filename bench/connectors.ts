/**
 * How long until the tools of all connectors are there on a cold start, and how long is main's event loop held for it?
 * Baselines, in the same run and interleaved: the official SDK's client for each connector, all at once under Promise.all, and one after the
 * other. They know the addresses; ours reads them from a signed map first, and that time counts.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { ConnectorProxyManager, createServiceMapSignature } from '../src/main/index.ts';
import { inFreshProcess } from './support/fresh-process.ts';
import { BENCH_KEY } from './support/maps.ts';
import { watchStall } from './support/stall.ts';
import { percentile, spread } from './support/stats.ts';

const PAIRS = Number(process.env.BENCH_PAIRS ?? 10);
const MCP_FIXTURE = fileURLToPath(new URL('./support/mcp-fixture.ts', import.meta.url));

interface Scenario {
  readonly name: string;
  readonly count: number;
  readonly tools: number;
  readonly handshakeMs: readonly [min: number, max: number];
  readonly hanging: number;
}

const SCENARIOS: readonly Scenario[] = [
  { name: '16 × 20 tools, handshakes 150–300 ms', count: 16, tools: 20, handshakeMs: [150, 300], hanging: 0 },
  { name: 'the same, one of them hangs', count: 16, tools: 20, handshakeMs: [150, 300], hanging: 1 },
  { name: '64 × 20 tools, handshakes 150–300 ms', count: 64, tools: 20, handshakeMs: [150, 300], hanging: 0 },
  { name: '64 × 50 tools, no latency', count: 64, tools: 50, handshakeMs: [0, 0], hanging: 0 },
];

interface Sample {
  readonly toolsMs: number;
  readonly stallMs: number;
}

/** What a process is given: where things are, and how many tools to wait for. */
interface Job {
  readonly mapUrl: string;
  readonly urls: readonly string[];
  readonly expected: number;
}

async function connectOne(url: string): Promise<number> {
  const client = new Client({ name: 'bench', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return (await client.listTools()).tools.length;
}

/** Resolves when `expected` tools are there, whatever else is still under way. */
async function untilThere(expected: number, each: (tell: (count: number) => void) => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let seen = 0;
  each((count) => {
    seen += count;
    if (seen >= expected) resolve();
  });
  await promise;
}

const WAYS: Readonly<Record<string, (job: Job) => Promise<void>>> = {
  parallel: ({ urls, expected }) =>
    untilThere(expected, (tell) => {
      for (const url of urls) void connectOne(url).then(tell);
    }),
  sequential: async ({ urls }) => {
    for (const url of urls) await connectOne(url);
  },
  manager: async ({ mapUrl, expected }) => {
    const manager = new ConnectorProxyManager({
      serviceMapUrl: mapUrl,
      signatureKey: BENCH_KEY,
      proxy: false,
      featureFlags: { asyncRefresh: false, refreshIntervalMs: 300_000 },
    });
    await untilThere(expected, (tell) => {
      manager.on('tools', ({ added }) => tell(added.length));
      void manager.sync();
    });
  },
};

async function measureHere(way: string, job: Job): Promise<Sample> {
  const work = WAYS[way];
  if (work === undefined) throw new Error(`There is no way "${way}"`);
  const stall = watchStall();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const startedMs = performance.now();
  await work(job);
  return { toolsMs: performance.now() - startedMs, stallMs: stall.stop() };
}

async function compare({ name, count, tools, handshakeMs, hanging }: Scenario): Promise<void> {
  const args = [count, tools, ...handshakeMs, hanging].map(String);
  const fixture = spawn(process.execPath, [MCP_FIXTURE, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [printed] = (await once(fixture.stdout, 'data')) as [Buffer];
  const urls = (JSON.parse(printed.toString()) as number[]).map((port) => `http://127.0.0.1:${port}/mcp`);
  const map = createServer((_, response) => response.end(signedMap(urls)));
  await new Promise<void>((resolve) => map.listen(0, '127.0.0.1', resolve));
  const mapUrl = `http://127.0.0.1:${(map.address() as AddressInfo).port}/`;
  const job = JSON.stringify({ mapUrl, urls, expected: (count - hanging) * tools });
  const ways = hanging === 0 && count <= 16 ? Object.keys(WAYS) : ['parallel', 'manager'];
  const samples: Record<string, Sample[]> = {};
  for (let pair = 0; pair < PAIRS; pair += 1) {
    for (const way of ways) {
      const sample = await inFreshProcess<Sample>(fileURLToPath(import.meta.url), [way, job]);
      samples[way] = [...(samples[way] ?? []), sample];
    }
  }
  map.close();
  fixture.kill();
  report(name, samples);
}

function signedMap(urls: readonly string[]): string {
  const connectors = urls.map((endpoint, index) => ({
    id: `c${index}`,
    version: '1',
    name: `Connector ${index}`,
    status: 'enabled',
    ttl: 300,
    scopes: ['bench'],
    endpoint,
  }));
  const map = { id: 'bench', brand: 'bench', generatedAt: new Date().toISOString(), ttlSeconds: 3_600, connectors };
  return JSON.stringify({ ...map, signature: createServiceMapSignature(map, BENCH_KEY) });
}

function report(name: string, samples: Readonly<Record<string, readonly Sample[]>>): void {
  const median = (way: string, of: keyof Sample): number =>
    percentile(
      (samples[way] ?? []).map((it) => it[of]),
      0.5,
    );
  process.stdout.write(`${name}\n`);
  for (const [way, list] of Object.entries(samples)) {
    const ratio = (of: keyof Sample): string => (median(way, of) / median('parallel', of)).toFixed(2);
    process.stdout.write(
      `  ${way.padEnd(10)} all tools ms ${spread(list.map(({ toolsMs }) => toolsMs))}, ratio ${ratio('toolsMs')}` +
        `   stall ms ${spread(list.map(({ stallMs }) => stallMs))}, ratio ${ratio('stallMs')}\n`,
    );
  }
}

const [way, job] = process.argv.slice(2);
if (way !== undefined && job !== undefined) {
  process.stdout.write(JSON.stringify(await measureHere(way, JSON.parse(job) as Job)), () => process.exit());
} else {
  process.stdout.write(
    `Cold start in a fresh process, ${PAIRS} interleaved runs each: p50 (min–max), ratio to the SDK in parallel\n`,
  );
  for (const scenario of SCENARIOS) await compare(scenario);
}
