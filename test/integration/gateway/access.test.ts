import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/main/gateway/http/limits.ts';
import { type ListenerOptions, listenHttp } from '../../../src/main/gateway/http/listener.ts';
import { silentLogger } from '../../../src/main/observability/logger.ts';
import { runCliHere } from '../../helpers/cli-in-process.ts';
import { eventually } from '../../helpers/eventually.ts';
import { remote, startGateway } from '../../helpers/gateway-world.ts';
import { LocalFile } from '../../helpers/local-file.ts';
import { RawMcpServer } from '../../helpers/raw-mcp-server.ts';

const TOKEN = 'alice-token-0123456789';
const OTHER = 'bob-token-012345678901';
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

/** Resolves with the status of a GET with exactly these headers. A header may occur twice. */
function statusOf(url: string, headers: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers: ['Host', new URL(url).host, ...headers] }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject).end();
  });
}

describe('listenHttp()', () => {
  it.each([
    ['0.0.0.0', ['']],
    ['127.0.0.1', ['']],
    ['127.0.0.1', [TOKEN, '']],
    ['127.0.0.1', ['short']],
    ['127.0.0.1', [`${TOKEN}\n`]],
    ['127.0.0.1', [` ${TOKEN}`]],
    ['127.0.0.1', ['                    ']],
    ['127.0.0.1', [undefined]],
    ['127.0.0.1', [null]],
    ['127.0.0.1', [TOKEN, TOKEN]],
    ['127.0.0.1', TOKEN],
    ['127.0.0.1', undefined],
    ['0.0.0.0', []],
    ['::', []],
    ['', [TOKEN]],
    [undefined, []],
  ])('listenHttp() rejects the address %j with the tokens %j, and quotes none of the tokens', async (host, tokens) => {
    await using world = await startGateway({});
    const rest = { port: 0, allowedHosts: [], allowedOrigins: [], readyFor: 'none', hasSessions: true } as const;
    const options = { gateway: world.gateway, logger: silentLogger, host, tokens, limits: DEFAULT_LIMITS, ...rest };
    const error = await listenHttp(options as ListenerOptions).then(
      () => null,
      (failure: Error) => failure,
    );
    expect(error).toMatchObject({ code: 'OPTIONS_INVALID' });
    expect(error?.message).not.toContain(TOKEN);
  });
});

it('a gateway with tokens rejects credentials that are empty, wrong, of an unknown scheme or sent twice', async () => {
  await using world = await startGateway({}, { listener: { tokens: [TOKEN, OTHER] } });
  const url = `${world.listener.url}/status.json`;
  const attempts: readonly (readonly string[])[] = [
    [],
    [''],
    ['Bearer'],
    ['Bearer '],
    ['Bearer \t'],
    ['Bearer undefined'],
    [TOKEN],
    [`Token ${TOKEN}`],
    [`Digest ${TOKEN}`],
    [`Bearer ${TOKEN}x`],
    [`Bearer ${TOKEN.slice(0, -1)}`],
    [`Bearer ${TOKEN} ${OTHER}`],
    [`Bearer ${TOKEN},Bearer ${OTHER}`],
    [basic(':')],
    [basic('a:')],
    [basic(TOKEN)],
    ['Basic'],
    [`Bearer ${TOKEN}`, `Bearer ${OTHER}`],
    [`Bearer ${TOKEN}`, `Bearer ${TOKEN}`],
    ['Bearer wrong-token-0123456789', `Bearer ${TOKEN}`],
  ];
  for (const attempt of attempts) {
    const headers = attempt.flatMap((value) => ['Authorization', value]);
    // A request with two such headers is rejected before the credentials are checked.
    const status = attempt.length > 1 ? 400 : 401;
    expect([attempt, await statusOf(url, headers)]).toEqual([attempt, status]);
  }
  for (const value of [`Bearer ${TOKEN}`, `bearer  ${OTHER}`, basic(`anyone:${TOKEN}`)])
    expect(await statusOf(url, ['Authorization', value])).toBe(200);
});

describe('mcp-switchyard serve', () => {
  it.each([
    [['--token-env', 'EMPTY'], 'EMPTY'],
    [['--token-env', 'SHORT'], 'SHORT'],
    [['--token-env', 'FROM_FILE'], 'line break'],
    [['--token-env', 'GOOD', '--token-env', 'SAME'], 'SAME'],
    [['--token-env', 'GOOD', '--token-env', 'GOOD'], 'same access token'],
    [['--token-env', 'GOOD', '--token-env', 'EMPTY'], 'EMPTY'],
    [['--host', '0.0.0.0'], '--token-env'],
    [['--host', '0.0.0.0', '--token-env', 'EMPTY'], 'EMPTY'],
  ])('`serve` rejects the options %j and names the mistake', async (args, says) => {
    using file = new LocalFile({});
    const env = { EMPTY: '', SHORT: 'short', FROM_FILE: `${TOKEN}\n`, GOOD: TOKEN, SAME: TOKEN };
    const ended = await runCliHere(['serve', '--config', file.path, '--port', '0', ...args], { env });
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(says)]);
    expect(ended.stdout + ended.stderr).not.toContain(TOKEN);
  });
});

describe('HTTP responses to requests without a token', () => {
  const named = /secret-project|down-one/;

  it('a gateway with tokens names no connector in responses to requests without a token', async () => {
    await using server = await RawMcpServer.start();
    const down = { type: 'http', url: 'http://127.0.0.1:9/mcp' };
    const servers = { 'secret-project': remote(server), 'down-one': down, 'down-one-too': down };
    await using world = await startGateway(servers, { listener: { tokens: [TOKEN], readyFor: 'all' } });
    const base = world.listener.url;
    const paths = ['/healthz', '/readyz', '/readyz/', '/mcp', '/c/secret-project/mcp', '/c/nothing/mcp', '/r/x/mcp'];
    const others = ['/', '/metrics', '/status.json', '/status/events', '/nothing', '/%2e/readyz'];
    for (const path of [...paths, ...others])
      for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS', 'DELETE']) {
        const response = await fetch(base + path, { method });
        const told = JSON.stringify([await response.text(), [...response.headers]]);
        expect([path, method, told]).toEqual([path, method, expect.not.stringMatching(named)]);
      }
    const [known, unknown] = await Promise.all(
      ['secret-project', 'nothing'].map(async (id) => (await fetch(`${base}/c/${id}/mcp`)).status),
    );
    expect([known, unknown]).toEqual([401, 401]);
    await eventually('one is up', async () => {
      const body = await (await fetch(`${base}/readyz`)).json();
      return JSON.stringify(body) === JSON.stringify({ isReady: false, waiting: 2 });
    });
    const withToken = await fetch(`${base}/readyz`, { headers: { authorization: `Bearer ${TOKEN}` } });
    const waitsFor = ['down-one', 'down-one-too'];
    expect([withToken.status, await withToken.json()]).toEqual([503, { isReady: false, waiting: 2, waitsFor }]);
    expect((await fetch(`${base}/readyz`, { headers: { authorization: 'Bearer wrong' } })).status).toBe(503);
  });

  it('a gateway on loopback without tokens names its connectors in its HTTP responses', async () => {
    await using world = await startGateway(
      { 'down-one': { type: 'http', url: 'http://127.0.0.1:9/mcp' } },
      { listener: { readyFor: ['down-one'] } },
    );
    const answer = await (await fetch(`${world.listener.url}/readyz`)).json();
    expect(answer).toEqual({ isReady: false, waiting: 1, waitsFor: ['down-one'] });
    expect(await (await fetch(`${world.listener.url}/status.json`)).text()).toMatch(named);
  });
});
