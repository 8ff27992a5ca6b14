import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Section } from '../../src/main/cli/bench/report-figures.ts';
import { startServing } from '../support/serving-process.ts';
import { configOf, seedLogins } from './seed-logins.ts';

const SCRIPT = fileURLToPath(new URL('./refreshing-process.ts', import.meta.url));

/** Lifetime of a token in seconds. */
const LIFE_SECONDS = 20;
/**
 * Lifetime of the first tokens in seconds. It is longer than that of later tokens, because the logins are stored and
 * two processes start in this time.
 */
const FIRST_LIFE_SECONDS = 40;
const ANSWER_MS = 30;
const STEP_MS = 250;

/** What the issuer has counted. */
interface Seen {
  refreshes: number;
  reused: number;
  /** Number of refreshes in the first half of a token's lifetime. */
  early: number;
  /** For each login, the time of the last refresh on the monotonic clock. */
  readonly lastMs: Map<number, number>;
  running: number;
  most: number;
  /** Number of refreshes in each quarter of a second. */
  readonly perStep: Map<number, number>;
}

/** Measures two processes that share 100 logins. All tokens expire at the same time. */
export async function measureRefreshes(
  { count, seconds }: { readonly count: number; readonly seconds: number },
  tell: (section: Section) => void,
): Promise<void> {
  process.env.SWITCHYARD_LOGIN_KEY = 'file';
  const folder = mkdtempSync(join(tmpdir(), 'bench-logins-'));
  const [stateDir, config] = [join(folder, 'state'), join(folder, 'config.json')];
  mkdirSync(stateDir, { mode: 0o700 });
  const seen: Seen = { refreshes: 0, reused: 0, early: 0, lastMs: new Map(), running: 0, most: 0, perStep: new Map() };
  const valid = new Map(Array.from({ length: count }, (_, index) => [`refresh-${index}-0`, index]));
  const server = createServer((request, response) => void answer(request, response, valid, seen));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const urls = Array.from({ length: count }, (_, index) => `${issuer}/mcp/${index}`);
  writeFileSync(config, configOf(urls, true));
  const now = Date.now();
  await seedLogins(stateDir, urls, issuer, (index) => ({
    ...{ accessToken: `access-${index}`, refreshToken: `refresh-${index}-0`, scope: null },
    ...{ obtainedAtMs: now, expiresAtMs: now + FIRST_LIFE_SECONDS * 1_000 },
  }));
  {
    using _one = await startServing(SCRIPT, [config, stateDir], { isQuiet: true });
    using _other = await startServing(SCRIPT, [config, stateDir], { isQuiet: true });
    await sleep(seconds * 1_000);
  }
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
  const times = [...seen.perStep.keys()];
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const steps =
    times.length === 0 ? [] : Array.from({ length: last - first + 1 }, (_, i) => seen.perStep.get(first + i) ?? 0);
  tell({
    title: `${count} logins in two processes, tokens of ${LIFE_SECONDS} s that expire together, ${seconds} s`,
    rows: [
      { way: 'issuer', metric: 'refreshes in 250 ms', unit: '', samples: steps, baseline: null },
      { way: 'issuer', metric: 'most at a time', unit: '', samples: [seen.most], baseline: null },
    ],
    notes: [
      `${seen.refreshes} refreshes, ${(seen.refreshes / count).toFixed(1)} for each login`,
      `refresh tokens spent twice: ${seen.reused}; logins refreshed again in the first half of a token's life: ${seen.early}`,
    ],
  });
}

/**
 * Serves the token endpoint, which issues a new refresh token with each refresh, and minimal MCP servers that require
 * an access token.
 */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  valid: Map<string, number>,
  seen: Seen,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString();
  response.setHeader('content-type', 'application/json');
  if (request.url !== '/token') {
    const { id, method } = JSON.parse(body === '' ? '{}' : body) as { id?: unknown; method?: string };
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result: RESULTS[method ?? ''] ?? {} }));
    return;
  }
  seen.running += 1;
  seen.most = Math.max(seen.most, seen.running);
  const step = Math.floor(performance.now() / STEP_MS);
  seen.perStep.set(step, (seen.perStep.get(step) ?? 0) + 1);
  await sleep(ANSWER_MS);
  seen.running -= 1;
  const token = new URLSearchParams(body).get('refresh_token') ?? '';
  const index = valid.get(token);
  if (index === undefined) {
    seen.reused += 1;
    response.writeHead(400).end('{"error":"invalid_grant"}');
    return;
  }
  seen.refreshes += 1;
  const nowMs = performance.now();
  if (nowMs - (seen.lastMs.get(index) ?? -LIFE_SECONDS * 1_000) < LIFE_SECONDS * 500) seen.early += 1;
  seen.lastMs.set(index, nowMs);
  valid.delete(token);
  const next = `refresh-${index}-${seen.refreshes}`;
  valid.set(next, index);
  const tokens = {
    access_token: `access-${next}`,
    token_type: 'Bearer',
    expires_in: LIFE_SECONDS,
    refresh_token: next,
  };
  response.end(JSON.stringify(tokens));
}

const SHARED = { resultType: 'complete', ttlMs: 3_600_000, cacheScope: 'private' };
const RESULTS: Readonly<Record<string, object>> = {
  'server/discover': {
    ...SHARED,
    supportedVersions: ['2026-07-28'],
    capabilities: { tools: {} },
    serverInfo: { name: 'bare', version: '1' },
  },
  'tools/list': { ...SHARED, tools: [{ name: 'tool_0', description: 'A tool', inputSchema: { type: 'object' } }] },
};
