/**
 * How long do attacks block the event loop, and how much memory do they take? A gateway runs in this process, and its
 * attackers run in another process. The attackers are connectors whose handshakes and results are hostile JSON, clients
 * that send hostile JSON, and clients that never finish sending a request. The baseline is a call that gets a valid
 * response. `npm run bench -- attacks`
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_LIMITS, Gateway, listenHttp } from '../src/main/gateway/index.ts';
import { createGatewayHost } from '../src/main/gateway/protocol/gateway-host.ts';
import { ConnectorProxyManager } from '../src/main/index.ts';
import { silentLogger } from '../src/main/observability/logger.ts';
import { PAYLOADS } from './attacks/payloads.ts';
import { watchStall } from './support/stall.ts';

const attacker = fork(new URL('./attacks/hostile-process.ts', import.meta.url));
const [attackerPort] = (await once(attacker, 'message')) as [number];
const folder = mkdtempSync(join(tmpdir(), 'attacks-'));
const configFile = join(folder, 'mcp.json');
const names = Object.keys(PAYLOADS);
const good = { type: 'http', url: `http://127.0.0.1:${attackerPort}/good/json/none` };
const hostile = names.flatMap((name) =>
  ['json', 'event'].map((way) => [
    `${way}-${name.replaceAll(' ', '-')}`,
    { type: 'http', url: `http://127.0.0.1:${attackerPort}/${encodeURIComponent(name)}/${way}/tools/call` },
  ]),
);
writeFileSync(configFile, JSON.stringify({ mcpServers: { good, ...Object.fromEntries(hostile) } }));

const host = createGatewayHost();
const manager = new ConnectorProxyManager({
  configFile,
  host,
  logger: silentLogger,
  featureFlags: { asyncRefresh: false, refreshIntervalMs: 300_000 },
});
await manager.sync();
const gateway = new Gateway({ manager, host, logger: silentLogger, separator: '__', tools: [], routes: {} });
const listener = await listenHttp({
  ...{ gateway, logger: silentLogger, host: '127.0.0.1', port: 0, tokens: [], allowedHosts: [], allowedOrigins: [] },
  ...{ readyFor: 'none', hasSessions: true, limits: DEFAULT_LIMITS },
});
const port = Number(new URL(listener.url).port);

/** Runs an attack and prints the longest stall, how much the memory grew at most, and the duration. */
async function measure(name: string, attack: () => Promise<unknown>): Promise<void> {
  globalThis.gc?.();
  await new Promise((resolve) => setTimeout(resolve, 200));
  const before = process.memoryUsage.rss();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 5);
  const stall = watchStall();
  const startedMs = performance.now();
  const outcome = await attack().then(
    () => 'answered',
    (error: Error) => ('code' in error ? String(error.code) : error.message).slice(0, 60),
  );
  const tookMs = performance.now() - startedMs;
  const longestMs = stall.stop();
  clearInterval(timer);
  most = Math.max(most, process.memoryUsage.rss());
  const figures = [`${longestMs.toFixed(0)} ms`, `${((most - before) / 1e6).toFixed(0)} MB`, `${tookMs.toFixed(0)} ms`];
  process.stdout.write(`${name.padEnd(44)}${figures.map((figure) => figure.padStart(10)).join('')}  ${outcome}\n`);
}

const ask = (attack: 'hold' | 'post', name = ''): Promise<unknown> => {
  attacker.send({ port, attack, name });
  return once(attacker, 'message');
};

process.stdout.write(
  `${'attack'.padEnd(44)}${['stall', 'memory', 'took'].map((title) => title.padStart(10)).join('')}\n`,
);
for (let index = 0; index < 20; index += 1) await manager.callTool('good.echo');
await measure('none: a valid response', () => manager.callTool('good.echo'));
for (const [id] of hostile) await measure(`result, ${String(id)}`, () => manager.callTool(`${String(id)}.echo`));
const mcpServers = Object.fromEntries(
  names
    .slice(0, 7)
    .map((name) => [name, { type: 'http', url: `http://127.0.0.1:${attackerPort}/${name}/json/initialize` }]),
);
writeFileSync(configFile, JSON.stringify({ mcpServers: { good, ...mcpServers } }));
await measure('handshakes of seven connectors at once', () => manager.reload());
for (const name of names.slice(0, 7)) await measure(`body of a client, ${name}`, () => ask('post', name));
await measure('300 unfinished bodies of 4 MiB', () => ask('hold'));

await listener.close(0);
gateway.close();
await manager.close();
attacker.kill();
rmSync(folder, { recursive: true });
