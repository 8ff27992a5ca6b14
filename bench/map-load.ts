/**
 * How long does the first load of a signed map block the event loop of the main thread in a new process? The baseline
 * works like the older manager that this package replaces: it does everything on the main thread, and verifies the
 * signature over one long string. The manager and the baseline alternate in the same run.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { fetch } from 'undici';
import * as z from 'zod';
import { inFreshProcess } from '../src/main/cli/bench/fresh-process.ts';
import { percentile } from '../src/main/cli/bench/report-figures.ts';
import { ConnectorProxyManager, canonicalizeServiceMapPayload } from '../src/main/index.ts';
import { BENCH_KEY, benchMap } from './support/maps.ts';
import { spread } from './support/spread.ts';
import { watchStall } from './support/stall.ts';

const SIZES = [10, 100, 1_000, 10_000];
const PAIRS = Number(process.env.BENCH_PAIRS ?? 10);

interface Sample {
  readonly stallMs: number;
  readonly totalMs: number;
}

const looseMap = z.looseObject({
  signature: z.string(),
  connectors: z.array(
    z.looseObject({ id: z.string(), endpoint: z.url(), scopes: z.array(z.string()).min(1), ttlSeconds: z.number() }),
  ),
});

/** Loads the map completely on the main thread, like the older manager that this package replaces. */
async function loadOnMain(url: string): Promise<void> {
  const response = await fetch(url);
  const { signature, ...payload } = looseMap.parse(JSON.parse(await response.text()));
  const mac = createHmac('sha256', BENCH_KEY).update(canonicalizeServiceMapPayload(payload)).digest();
  if (!timingSafeEqual(mac, Buffer.from(signature, 'base64url'))) throw new Error('The baseline refused the map');
}

async function loadByManager(serviceMapUrl: string): Promise<void> {
  await using manager = new ConnectorProxyManager({
    serviceMapUrl,
    signatureKey: BENCH_KEY,
    connectorsApiKey: 'none of these are dialled',
    timeoutMs: 30_000,
    createProxy: () => ({ connect: async () => {}, getTools: () => [], callTool: async () => ({ content: [] }) }),
  });
  await manager.sync();
}

const WAYS: Readonly<Record<string, (url: string) => Promise<void>>> = { baseline: loadOnMain, manager: loadByManager };

async function measureHere(way: string, url: string): Promise<Sample> {
  const work = WAYS[way];
  if (work === undefined) throw new Error(`Unknown way "${way}"`);
  const stall = watchStall();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const startedMs = performance.now();
  await work(url);
  const totalMs = performance.now() - startedMs;
  await new Promise((resolve) => setTimeout(resolve, 20));
  return { stallMs: stall.stop(), totalMs };
}

async function compare(count: number, enabled: boolean): Promise<void> {
  const body = benchMap(count, { enabled, endpoint: 'http://127.0.0.1:9' });
  const server = createServer((_, response) => response.end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const samples: Record<string, Sample[]> = { baseline: [], manager: [] };
  for (let pair = 0; pair < PAIRS; pair += 1) {
    for (const way of Object.keys(WAYS))
      samples[way]?.push(await inFreshProcess<Sample>(fileURLToPath(import.meta.url), [way, url]));
  }
  server.close();
  report(count, body.length, enabled, samples.baseline ?? [], samples.manager ?? []);
}

function report(
  count: number,
  bytes: number,
  enabled: boolean,
  baseline: readonly Sample[],
  manager: readonly Sample[],
): void {
  const stalls = (samples: readonly Sample[]): number[] => samples.map(({ stallMs }) => stallMs);
  const totals = (samples: readonly Sample[]): number[] => samples.map(({ totalMs }) => totalMs);
  const ratio = percentile(stalls(manager), 0.5) / percentile(stalls(baseline), 0.5);
  process.stdout.write(
    `${String(count).padStart(6)} ${enabled ? 'enabled ' : 'disabled'} ${(bytes / 1e6).toFixed(2).padStart(6)} MB` +
      `  stall ms: baseline ${spread(stalls(baseline))}, manager ${spread(stalls(manager))}, ratio ${ratio.toFixed(2)}` +
      `  total ms: baseline ${spread(totals(baseline))}, manager ${spread(totals(manager))}\n`,
  );
}

const [way, url] = process.argv.slice(2);
if (way !== undefined && url !== undefined) process.stdout.write(JSON.stringify(await measureHere(way, url)));
else {
  process.stdout.write(`First load in a fresh process, ${PAIRS} interleaved pairs: p50 (min–max)\n`);
  for (const count of SIZES) await compare(count, false);
  await compare(1_000, true);
}
