import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { packageBin } from '../../../src/main/cli/demo/package-bin.ts';
import { startConformanceServer } from '../../fixtures/conformance-server/start.ts';
import { eventually } from '../../helpers/eventually.ts';
import { remote, startGateway } from '../../helpers/gateway-world.ts';
import { envelope, openSession, openStream, postLegacy, postModern, streamPost } from '../../helpers/mcp-post.ts';
import { type Answer, MODERN, RawMcpServer } from '../../helpers/raw-mcp-server.ts';

const listenMessage = (notifications: object, id: number | string = 1) => ({
  ...{ jsonrpc: '2.0', id, method: 'subscriptions/listen' },
  params: { notifications, _meta: envelope() },
});
const listenHeaders = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen' };

/** A modern connector with one resource, whose streams stay open. */
const watchable: Readonly<Record<string, Answer>> = {
  'server/discover': ({ result }) =>
    result({
      ...{ resultType: 'complete', supportedVersions: ['2026-07-28'] },
      capabilities: { tools: {}, resources: { subscribe: true } },
    }),
  'tools/list': ({ result }) => result({ resultType: 'complete', tools: [] }),
  'resources/list': ({ result }) => result({ resultType: 'complete', resources: [{ uri: 'x://y', name: 'y' }] }),
  'resources/templates/list': ({ result }) => result({ resultType: 'complete', resourceTemplates: [] }),
  'subscriptions/listen': ({ events }) => events(),
};

describe('subscriptions', () => {
  it('take no place among the requests that are served', async () => {
    await using world = await startGateway({}, { limits: { maxConcurrent: 2 } });
    const url = `${world.listener.url}/mcp`;
    const streams = await Promise.all(
      [1, 2, 3].map((id) => streamPost(url, listenMessage({ toolsListChanged: true }, id), listenHeaders)),
    );
    await eventually('all are acknowledged', () => streams.every(({ messages }) => messages.length === 1));
    expect((await postModern(url, 'tools/list')).status).toBe(200);
    for (const stream of streams) await stream[Symbol.asyncDispose]();
  });

  it('are bounded by a limit of their own', async () => {
    await using world = await startGateway({}, { limits: { maxStreams: 1 } });
    const url = `${world.listener.url}/mcp`;
    await using first = await streamPost(url, listenMessage({ toolsListChanged: true }), listenHeaders);
    await eventually('it is acknowledged', () => first.messages.length === 1);
    const { error } = await postModern(url, 'subscriptions/listen', { notifications: { toolsListChanged: true } });
    expect(error.message).toContain('too many streams');
  });

  it('leave no stream of an old connection behind, with its old headers', async () => {
    await using server = await RawMcpServer.start(watchable);
    await using world = await startGateway({ a: remote(server, { headers: { 'x-key': 'k0' } }) });
    const url = `${world.listener.url}/mcp`;
    await eventually(
      'it is listed',
      async () => ((await postModern(url, 'resources/list')).result.resources as object[]).length === 1,
    );
    await using stream = await streamPost(url, listenMessage({ resourceSubscriptions: ['a+x://y'] }), listenHeaders);
    await eventually('it is acknowledged', () => stream.messages.length === 1);
    const open = () => server.of('subscriptions/listen').filter(({ response }) => !response.closed);
    await eventually('it is watched', () => open().length === 1);
    world.file.write({ a: remote(server, { headers: { 'x-key': 'k1' } }) });
    await world.manager.reload();
    await eventually(
      'it is watched anew, and no more as it was',
      () =>
        open()
          .map(({ headers }) => headers['x-key'])
          .join() === 'k1',
    );
    await sleep(1_200);
    expect(open().map(({ headers }) => headers['x-key'])).toEqual(['k1']);
  });

  it('heed a client that goes away while a connector is asked', async () => {
    await using server = await RawMcpServer.start({
      ...{ 'resources/subscribe': () => {}, 'resources/list': watchable['resources/list'] as Answer },
      initialize: ({ result }) =>
        result({
          ...{ protocolVersion: '2025-11-25', serverInfo: { name: 'raw', version: '1' } },
          capabilities: { tools: {}, resources: { subscribe: true } },
        }),
    });
    await using world = await startGateway({ a: remote(server) });
    const url = `${world.listener.url}/mcp`;
    await eventually(
      'it is listed',
      async () => ((await postModern(url, 'resources/list')).result.resources as object[]).length === 1,
    );
    const session = await openSession(url);
    const abort = new AbortController();
    const subscribing = session
      .call('resources/subscribe', { uri: 'a+x://y' }, { signal: abort.signal })
      .catch(() => null);
    await eventually('it is asked', () => server.of('resources/subscribe').length === 1);
    abort.abort();
    await subscribing;
    await eventually('nothing is served any more', () => world.gateway.server.running === 0);
  });
});

describe('a question', () => {
  const asking: Readonly<Record<string, Answer>> = {
    'tools/call': ({ events }) =>
      events({ jsonrpc: '2.0', id: 'q', method: 'elicitation/create', params: { message: '?' } }),
  };

  it('ends with the call that it belongs to, so that the connector hears', async () => {
    await using server = await RawMcpServer.start(asking);
    await using world = await startGateway({ a: remote(server) });
    const url = `${world.listener.url}/mcp`;
    const session = await openSession(url, { elicitation: {} });
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a__echo' } };
    const stream = await streamPost(url, message, session.headers);
    await eventually('it is asked', () => stream.messages.some(({ method }) => method === 'elicitation/create'));
    await stream[Symbol.asyncDispose]();
    await eventually('the connector is answered', () => server.of('POST').some(({ message: { id } }) => id === 'q'));
    expect(server.of('POST').at(-1)?.message).toMatchObject({ error: { code: -32_603 } });
  });

  it('is withdrawn by its own connector alone, whose ids clients never see', async () => {
    await using server = await RawMcpServer.start({
      'tools/call': ({ events }) =>
        events(
          { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'switchyard-1' } },
          { jsonrpc: '2.0', method: 'notifications/odd', params: {} },
        ),
    });
    await using world = await startGateway({ a: remote(server) });
    const url = `${world.listener.url}/mcp`;
    const session = await openSession(url, { elicitation: {} });
    const called = session.call('tools/call', { name: 'a__echo' });
    await eventually('it is called', () => server.of('tools/call').length === 1);
    const [call] = server.of('tools/call');
    call?.events({ jsonrpc: '2.0', id: call.message.id, result: { content: [] } });
    expect((await called).messages).toEqual([{ jsonrpc: '2.0', id: 1, result: { content: [] } }]);
  });

  it('of a connector that a route hides does not reach its clients', async () => {
    await using server = await RawMcpServer.start({
      ...asking,
      GET: ({ events }) =>
        events({ jsonrpc: '2.0', id: 'g', method: 'elicitation/create', params: { message: 'password?' } }),
    });
    await using world = await startGateway({ a: remote(server) }, { gateway: { routes: { other: ['b__*'] } } });
    const url = `${world.listener.url}/r/other/mcp`;
    const session = await openSession(url, { elicitation: {} });
    await using standing = await openStream(url, { headers: { ...session.headers, accept: 'text/event-stream' } });
    await eventually('its stream is open', () => server.of('GET').length === 1);
    server
      .of('GET')[0]
      ?.events({ jsonrpc: '2.0', id: 'h', method: 'elicitation/create', params: { message: 'password?' } });
    await eventually('it is refused', () => server.of('POST').some(({ message: { id } }) => id === 'h'));
    expect(standing.messages).toEqual([]);
  });
});

describe('log messages that name no request', () => {
  const program = (): object => ({
    command: process.execPath,
    args: [packageBin('@modelcontextprotocol/server-everything', 'mcp-server-everything') ?? '', 'stdio'],
  });

  it('go to the client whose call it is, and to no other', async () => {
    await using world = await startGateway({ ev: program() });
    const url = `${world.listener.url}/mcp`;
    const [mine, other] = [await openSession(url), await openSession(url)];
    await other.call('logging/setLevel', { level: 'debug' });
    await using standing = await openStream(url, { headers: { ...other.headers, accept: 'text/event-stream' } });
    const long = { name: 'ev__trigger-long-running-operation', arguments: { duration: 7, steps: 1 } };
    await mine.call('tools/call', { name: 'ev__toggle-simulated-logging' });
    const heard = await mine.call('tools/call', long);
    await other.call('tools/call', { name: 'ev__toggle-simulated-logging' }).catch(() => {});
    expect(heard.messages.some(({ method }) => method === 'notifications/message')).toBe(true);
    expect(standing.messages.filter(({ method }) => method === 'notifications/message')).toEqual([]);
  });
});

describe('lists', () => {
  it('of one connector cannot crowd out the others', async () => {
    const tools = Array.from({ length: 60 }, (_, index) => ({
      ...{ name: `t${index}`, inputSchema: { type: 'object' } },
      description: 'x'.repeat(index === 7 ? 300_000 : 200_000),
    }));
    await using server = await RawMcpServer.start({ 'tools/list': ({ result }) => result({ tools }) });
    await using other = await RawMcpServer.start();
    await using world = await startGateway({ big: remote(server), small: remote(other) });
    const url = `${world.listener.url}/mcp`;
    const names: string[] = [];
    let cursor: unknown;
    do {
      const { result } = await postLegacy(url, 'tools/list', cursor === undefined ? {} : { cursor });
      expect(JSON.stringify(result).length).toBeLessThan(5_000_000);
      names.push(...(result.tools as { name: string }[]).map(({ name }) => name));
      cursor = result.nextCursor;
    } while (cursor !== undefined);
    expect([names.length, names.includes('big__t7'), names.at(-1)]).toEqual([60, false, 'small__echo']);
  });

  it('of a filtered route name nothing that it hides, not in a cursor, and complete nothing of it', async () => {
    await using fixture = await startConformanceServer();
    const many = Array.from({ length: 1_200 }, (_, index) => ({
      name: `t${String(index).padStart(4, '0')}`,
      inputSchema: { type: 'object' },
    }));
    await using server = await RawMcpServer.start({ 'tools/list': ({ result }) => result({ tools: many }) });
    await using world = await startGateway(
      { a: remote(server), fx: remote(fixture) },
      { gateway: { routes: { some: ['a__*', '!a__t0999', '!a__t1000'] } } },
    );
    const url = `${world.listener.url}/r/some/mcp`;
    const { result } = await postLegacy(url, 'tools/list');
    expect(Buffer.from(String(result.nextCursor), 'base64url').toString()).not.toMatch(/t0999|t1000/);
    const ref = { type: 'ref/resource', uri: 'fx+test://template/{id}/data' };
    expect(
      (await postLegacy(url, 'completion/complete', { ref, argument: { name: 'id', value: '1' } })).error.code,
    ).toBe(-32_602);
  });
});

describe('sockets', () => {
  it('that are refused and kept open by their clients take no place for long', async () => {
    await using world = await startGateway({}, { limits: { maxConnections: 5, requestTimeoutMs: 300 } });
    const { hostname, port } = new URL(world.listener.url);
    const sockets = Array.from({ length: 5 }, () =>
      connect({ host: hostname, port: Number(port), allowHalfOpen: true }),
    );
    for (const socket of sockets) socket.on('error', () => {}).write('POST /mcp HTTP/1.1\r\nhost:');
    await eventually('there is a place again', () =>
      fetch(`${world.listener.url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    for (const socket of sockets) socket.destroy();
  });

  it('of clients that do not read are bounded: what lies here is counted, and who takes nothing is let go', async () => {
    await using server = await RawMcpServer.start({
      'tools/call': ({ result }) => result({ content: [{ type: 'text', text: 'x'.repeat(60_000) }] }),
    });
    await using world = await startGateway({ a: remote(server) });
    const { hostname, port } = new URL(world.listener.url);
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a__echo' } });
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on('error', () => {});
    socket.pause();
    for (let index = 0; index < 20; index += 1)
      socket.write(
        `POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
    await sleep(300);
    expect((await postLegacy(`${world.listener.url}/mcp`, 'ping')).result).toEqual({});
    socket.destroy();
  });
});

describe('addresses', () => {
  it.each(['/c/%2e%2e/mcp', '/c/a/../../mcp', '//x/mcp', '/./mcp'])(
    'that are not their own normal form are none: %s',
    async (path) => {
      await using world = await startGateway({});
      const { hostname, port } = new URL(world.listener.url);
      const socket = connect({ host: hostname, port: Number(port) });
      let answer = '';
      socket.on('data', (chunk) => {
        answer += chunk.toString();
      });
      socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
      await new Promise((resolve) => socket.once('close', resolve));
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    },
  );

  it('of a connector that was removed are gone', async () => {
    await using server = await RawMcpServer.start(MODERN);
    await using world = await startGateway({ a: remote(server), b: remote(server) });
    const url = `${world.listener.url}/c/a/mcp`;
    expect((await postLegacy(url, 'tools/list')).status).toBe(200);
    world.file.write({ b: remote(server) });
    await world.manager.reload();
    expect((await postLegacy(url, 'tools/list')).status).toBe(404);
  });
});

it('progress of a held call comes under the token of the request that waits now', async () => {
  await using server = await RawMcpServer.start({
    'tools/call': ({ events, message }) => {
      const progressToken = (message.params as { _meta: { progressToken: unknown } })._meta.progressToken;
      events({ jsonrpc: '2.0', id: 'q', method: 'roots/list', params: {} });
      answered.promise.then(() => {
        events({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, progress: 1 } });
        events({ jsonrpc: '2.0', id: message.id, result: { content: [] } });
      });
    },
    answer: ({ response }) => {
      response.writeHead(202).end();
      answered.resolve();
    },
  });
  const answered = Promise.withResolvers<void>();
  await using world = await startGateway({ a: remote(server) });
  const url = `${world.listener.url}/mcp`;
  const capabilities = { roots: {} };
  const first = await postModern(
    url,
    'tools/call',
    { name: 'a__echo' },
    { capabilities, meta: { progressToken: 'one' } },
  );
  const retry = {
    name: 'a__echo',
    requestState: first.result.requestState,
    inputResponses: { 'request-1': { roots: [] } },
  };
  const other = await postModern(url, 'tools/call', { ...retry, arguments: { other: true } }, { capabilities });
  expect(other.error.code).toBe(-32_602);
  const second = await postModern(url, 'tools/call', retry, { capabilities, meta: { progressToken: 'two' } });
  expect(second.messages[0]).toMatchObject({ params: { progressToken: 'two' } });
});

it('a stream of a session that closed leaves nothing behind', async () => {
  await using world = await startGateway({}, { limits: { maxStreams: 2 } });
  const url = `${world.listener.url}/mcp`;
  const session = await openSession(url);
  for (let turn = 0; turn < 5; turn += 1) {
    const stream = await openStream(url, { headers: { ...session.headers, accept: 'text/event-stream' } });
    expect(stream.status).toBe(200);
    await stream[Symbol.asyncDispose]();
    await sleep(20);
  }
  const stale = { ...session.headers, 'mcp-session-id': 'no-such-session', 'content-type': 'application/json' };
  const body = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' });
  expect((await fetch(url, { method: 'POST', headers: stale, body })).status).toBe(404);
});
