import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/main/gateway/http/limits.ts';
import { listenHttp } from '../../../src/main/gateway/http/listener.ts';
import { silentLogger } from '../../../src/main/observability/logger.ts';
import { eventually } from '../../helpers/eventually.ts';
import { remote, startGateway } from '../../helpers/gateway-world.ts';
import { counterOf } from '../../helpers/map-under-test.ts';
import { openSession, openStream, post, postLegacy, postModern } from '../../helpers/mcp-post.ts';
import { RawMcpServer } from '../../helpers/raw-mcp-server.ts';

const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };
const [ALICE, BOB] = ['alice-token-0123456789', 'bob-token-0123456789'];
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

/** Sends bytes unchanged. Resolves with everything that was received until the other side closed the connection. */
async function raw(url: string, text: string, timeoutMs = 3_000): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk.toString();
  });
  socket.on('error', () => {});
  socket.write(text);
  await Promise.race([new Promise((resolve) => socket.once('close', resolve)), sleep(timeoutMs)]);
  socket.destroy();
  return answer;
}

const withHost = (host: string, more = ''): string => {
  const body = JSON.stringify(PING);
  const head = `POST /mcp HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\nconnection: close\r\n`;
  return `${head}${more}content-length: ${body.length}\r\n\r\n${body}`;
};

describe('a request with a Host and an Origin header', () => {
  it.each([
    ['evil.example.com', ''],
    ['127.0.0.1.evil.example.com:80', ''],
    ['127.0.0.1', 'origin: http://evil.example.com\r\n'],
    ['127.0.0.1', 'origin: null\r\n'],
    ['127.0.0.1', 'origin: http://127.0.0.1:1\r\n'],
  ])('a request is rejected if its Host or Origin header names another site: %s %s', async (host, more) => {
    await using world = await startGateway({});
    expect(await raw(world.listener.url, withHost(host, more))).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('a request is accepted if its Host and Origin headers name the gateway itself or an allowed site', async () => {
    const allowed = 'https://app.example.com';
    await using world = await startGateway(
      {},
      { listener: { allowedOrigins: [allowed], allowedHosts: ['tools.example.com'] } },
    );
    const { host } = new URL(world.listener.url);
    for (const [name, origin] of [
      [host, `http://${host}`],
      [host, allowed],
      ['localhost', ''],
      ['tools.example.com:80', ''],
    ])
      expect(await raw(world.listener.url, withHost(name ?? '', origin === '' ? '' : `origin: ${origin}\r\n`))).toMatch(
        /^HTTP\/1\.1 200 /,
      );
    const preflight = await fetch(`${world.listener.url}/mcp`, { method: 'OPTIONS', headers: { origin: allowed } });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, allowed]);
    const readable = preflight.headers.get('access-control-expose-headers');
    for (const name of ['mcp-session-id', 'retry-after', 'www-authenticate']) expect(readable).toContain(name);
  });
});

describe('a gateway with tokens', () => {
  it('a gateway with tokens needs a token for everything but health checks, and never shows or forwards the token', async () => {
    await using server = await RawMcpServer.start();
    await using world = await startGateway({ a: remote(server) }, { listener: { tokens: [ALICE, BOB] } });
    const base = world.listener.url;
    for (const headers of [
      {},
      bearer('wrong-token-0123456789'),
      bearer(''),
      { authorization: ALICE },
      { authorization: `Basic ${ALICE}` },
    ])
      for (const path of ['/mcp', '/c/a/mcp', '/metrics', '/', '/status.json', '/nothing'])
        expect((await fetch(base + path, { headers: headers as Record<string, string> })).status).toBe(401);
    for (const path of ['/healthz', '/readyz']) expect((await fetch(base + path)).status).toBe(200);
    const called = await postLegacy(`${base}/mcp`, 'tools/call', { name: 'a__echo' }, { headers: bearer(ALICE) });
    expect(called.result).toBeDefined();
    const basic = `Basic ${Buffer.from(`me:${BOB}`).toString('base64')}`;
    const pages = await Promise.all(
      ['/', '/status.json', '/metrics'].map(async (path) =>
        (await fetch(base + path, { headers: { authorization: basic } })).text(),
      ),
    );
    const told = JSON.stringify([
      server.requests.map(({ headers, message }) => [headers, message]),
      world.lines,
      pages,
    ]);
    for (const token of [ALICE, BOB]) expect(told).not.toContain(token);
  });

  it('a session can be used only with the token and on the route with which it was opened', async () => {
    await using server = await RawMcpServer.start();
    await using world = await startGateway({ a: remote(server) }, { listener: { tokens: [ALICE, BOB] } });
    const url = `${world.listener.url}/mcp`;
    const session = await openSession(url, {}, bearer(ALICE));
    const stolen = { ...session.headers, ...bearer(BOB) };
    expect((await session.call('ping')).status).toBe(200);
    expect((await postLegacy(url, 'ping', {}, { headers: stolen })).status).toBe(404);
    expect((await fetch(url, { headers: { ...stolen, accept: 'text/event-stream' } })).status).toBe(404);
    expect((await fetch(url, { method: 'DELETE', headers: stolen })).status).toBe(404);
    expect((await postLegacy(`${world.listener.url}/c/a/mcp`, 'ping', {}, { headers: session.headers })).status).toBe(
      404,
    );
    expect((await post(url, { jsonrpc: '2.0', id: 'switchyard-1', result: {} }, { headers: stolen })).status).toBe(404);
    expect((await session.call('ping')).status).toBe(200);
  });
});

it('a gateway without tokens cannot listen on an address other than loopback', async () => {
  await using world = await startGateway({});
  const { gateway } = world;
  const rest = { port: 0, allowedHosts: [], allowedOrigins: [], readyFor: 'none', hasSessions: true } as const;
  for (const host of ['0.0.0.0', '::', '127.evil.example.com'])
    await expect(
      listenHttp({ gateway, logger: silentLogger, host, tokens: [], limits: DEFAULT_LIMITS, ...rest }),
    ).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
});

describe('HTTP limits', () => {
  it('the HTTP limits reject a body or a header that is too large', async () => {
    await using world = await startGateway({}, { limits: { maxBodyBytes: 1_000 } });
    const url = `${world.listener.url}/mcp`;
    const announced = await raw(
      url,
      'POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 9999999\r\n\r\n{',
    );
    expect(announced).toMatch(/^HTTP\/1\.1 413 /);
    const chunk = `1000\r\n${'x'.repeat(0x1000)}\r\n`;
    const chunked = await raw(
      url,
      `POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${chunk}`,
    );
    expect(chunked).toMatch(/^HTTP\/1\.1 413 /);
    const header = `x-much: ${'y'.repeat(20_000)}\r\n`;
    expect(await raw(url, withHost('127.0.0.1', header))).toMatch(/^HTTP\/1\.1 431 /);
    expect((await postLegacy(url, 'ping')).result).toEqual({});
  });

  it('the gateway rejects a request that two parsers could read as two requests (smuggling)', async () => {
    await using world = await startGateway({});
    const head = 'POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n';
    for (const framing of [
      'content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n',
      'content-length: 5\r\ncontent-length: 6\r\n\r\n{}   ',
      'transfer-encoding: xchunked\r\n\r\n0\r\n\r\n',
    ]) {
      const answer = await raw(world.listener.url, head + framing);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    }
  });

  it('a slow request is answered with 408, and does not delay other requests', async () => {
    await using world = await startGateway({}, { limits: { requestTimeoutMs: 300 } });
    const url = `${world.listener.url}/mcp`;
    const slow = [
      raw(
        url,
        'POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
        4_000,
      ),
      raw(url, 'POST /mcp HTTP/1.1\r\nhost:', 4_000),
    ];
    expect((await postLegacy(url, 'ping')).result).toEqual({});
    for (const answer of await Promise.all(slow)) expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('requests and streams over the limits are rejected with 503', async () => {
    const held: (() => void)[] = [];
    await using server = await RawMcpServer.start({
      'tools/call': ({ result }) => void held.push(() => result({ content: [] })),
    });
    await using world = await startGateway(
      { a: remote(server) },
      { limits: { maxConcurrent: 2, maxSessions: 2, maxStreams: 1 } },
    );
    const url = `${world.listener.url}/mcp`;
    const running = [1, 2].map(() => postLegacy(url, 'tools/call', { name: 'a__echo' }));
    await eventually('both run', () => held.length === 2);
    for (const refused of [await postLegacy(url, 'ping'), await postModern(url, 'tools/list')])
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await counterOf('mcp_gateway_refused_total', { status: '503' })).toBeGreaterThanOrEqual(2);
    for (const let_ of held) let_();
    for (const { result } of await Promise.all(running)) expect(result).toEqual({ content: [] });

    const [first] = [await openSession(url), await openSession(url)];
    await using _stream = await openStream(url, { headers: { ...first.headers, accept: 'text/event-stream' } });
    const third = await openSession(url);
    expect(third.id).not.toBe('');
    expect((await fetch(url, { headers: { ...third.headers, accept: 'text/event-stream' } })).status).toBe(503);
    expect((await first.call('ping')).status).toBe(200);
  });

  it('an idle session is closed to make room for a new session', async () => {
    await using world = await startGateway({}, { limits: { maxSessions: 1 } });
    const url = `${world.listener.url}/mcp`;
    const idle = await openSession(url);
    const next = await openSession(url);
    expect((await idle.call('ping')).status).toBe(404);
    expect((await next.call('ping')).status).toBe(200);
  });
});
