import { describe, expect, it } from 'vitest';
import { getConnectorMetricsRegistry } from '../../../src/main/index.ts';
import type { HostSide } from '../../../src/main/mcp/host-side.ts';
import { eventually } from '../../helpers/eventually.ts';
import { connectSse, RawSseServer, type SseAnswer } from '../../helpers/raw-sse-server.ts';

const OK = { content: [{ type: 'text', text: 'ok' }] };
const never = new AbortController().signal;
const answerTo = (id: unknown, result: object = OK) => ({ jsonrpc: '2.0', id, result });

async function strays(): Promise<number> {
  const metric = await getConnectorMetricsRegistry().getSingleMetric('mcp_connector_stray_messages_total')?.get();
  return metric?.values[0]?.value ?? 0;
}

/** Answers the POST of a call with `body`, and also sends the result over the stream if `isTwice`. */
const inPost =
  (body: (id: unknown) => string, { type = 'application/json', status = 200, isTwice = false } = {}): SseAnswer =>
  ({ message, response, send }) => {
    response.writeHead(status, { 'content-type': type }).end(body(message.id));
    if (isTwice) send(answerTo(message.id));
  };

const whole = (id: unknown): string => JSON.stringify(answerTo(id));

describe('the response to the POST of a call over SSE', () => {
  it.each<[string, SseAnswer]>([
    ['the result as JSON', inPost(whole)],
    ['the result as JSON with 202', inPost(whole, { status: 202 })],
    ['the result in a batch', inPost((id) => `[{"jsonrpc":"2.0","method":"notifications/x"},${whole(id)}]`)],
    ['the result as an event', inPost((id) => `data: ${whole(id)}\n\n`, { type: 'text/event-stream' })],
    ['plain text', inPost(() => 'Accepted', { type: 'text/plain', isTwice: true })],
    ['nothing', inPost(() => '', { type: 'application/json', isTwice: true })],
    ['damaged JSON', inPost(() => 'Accepted', { isTwice: true })],
    ['JSON that is not a message', inPost((id) => JSON.stringify({ id, ok: true }), { isTwice: true })],
    [
      'JSON that only looks like a response',
      inPost((id) => JSON.stringify({ jsonrpc: '2.0', id, result: 'accepted' }), { isTwice: true }),
    ],
    ['an HTML page', inPost(() => '<p>', { type: 'text/html', isTwice: true })],
  ])('a call over SSE succeeds if the response to its POST is %s', async (_, answer) => {
    await using server = await RawSseServer.start({ 'tools/call': answer });
    await using sse = await connectSse(server);
    await expect(sse.call()).resolves.toEqual(OK);
    await expect(sse.call()).resolves.toEqual(OK);
    expect([server.of('tools/call').length, sse.lost]).toEqual([2, []]);
  });

  it('a result over SSE is used only once if both the response to the POST and the stream contain it', async () => {
    const before = await strays();
    await using server = await RawSseServer.start({ 'tools/call': inPost(whole, { isTwice: true }) });
    await using sse = await connectSse(server);
    await expect(sse.call()).resolves.toEqual(OK);
    await eventually('the other one is a stray', async () => (await strays()) === before + 1);
  });

  it('a call over SSE succeeds even if its POST never gets a response, and the connection of the POST is closed later', async () => {
    let isCut = false;
    await using server = await RawSseServer.start({
      'tools/call'({ message, response, send }) {
        response.on('close', () => {
          isCut = true;
        });
        send(answerTo(message.id));
      },
    });
    await using sse = await connectSse(server);
    await expect(sse.call()).resolves.toEqual(OK);
    await eventually('the POST is cut off', () => isCut);
    expect(sse.lost).toEqual([]);
  }, 10_000);

  it('a call over SSE succeeds if the response to its POST breaks off after the server accepted the message', async () => {
    await using server = await RawSseServer.start({
      'tools/call'({ message, response, send }) {
        response.writeHead(202, { 'content-length': '100' });
        response.flushHeaders();
        response.write('Acc');
        setTimeout(() => {
          response.destroy();
          send(answerTo(message.id));
        }, 20);
      },
    });
    await using sse = await connectSse(server);
    await expect(sse.call()).resolves.toEqual(OK);
  });

  it('a POST over SSE follows a redirect within the origin, but not to another origin', async () => {
    let location = '/moved';
    await using server = await RawSseServer.start({
      'tools/call'({ path, response, result }) {
        if (path === '/moved') result(OK);
        else response.writeHead(307, { location }).end();
      },
    });
    await using sse = await connectSse(server);
    await expect(sse.call()).resolves.toEqual(OK);
    location = 'http://evil.test/moved';
    await expect(sse.call()).rejects.toMatchObject({ code: 'TOOL_CALL_REJECTED', detail: { status: 307 } });
    expect(sse.lost).toEqual([]);
  });
});

describe('a result over SSE', () => {
  it('a result over SSE is returned unchanged, with its unknown members', async () => {
    const result = {
      content: [{ type: 'hologram', depth: 3, _meta: null }],
      structuredContent: { a: null },
      isError: false,
      later: { b: [1] },
    };
    await using server = await RawSseServer.start({ 'tools/call': ({ result: send }) => send(result) });
    await using sse = await connectSse(server);
    await expect(sse.call()).resolves.toEqual(result);
  });

  it('a malformed result over SSE fails its call immediately, and does not end the connection', async () => {
    await using server = await RawSseServer.start({
      'tools/call'({ accept, message, send }) {
        accept();
        send({ jsonrpc: '2.0', id: message.id, result: 'text' });
      },
    });
    await using sse = await connectSse(server);
    await expect(sse.call()).rejects.toMatchObject({ code: 'TOOL_CALL_REJECTED' });
    expect(sse.lost).toEqual([]);
  });

  it('an error response over SSE fails the call with the code of the error', async () => {
    await using server = await RawSseServer.start({
      'tools/call'({ accept, message, send }) {
        accept();
        send({ jsonrpc: '2.0', id: message.id, error: { code: -32_042, message: 'no', data: { url: 'x' } } });
      },
    });
    await using sse = await connectSse(server);
    await expect(sse.call()).rejects.toMatchObject({ code: 'TOOL_CALL_REJECTED', detail: { rpcCode: -32_042 } });
  });

  it('a tool list over SSE whose `nextCursor` is null is complete', async () => {
    await using server = await RawSseServer.start({
      initialize: ({ result }) => result({ protocolVersion: '2024-11-05', capabilities: { tools: {}, prompts: null } }),
      'tools/list': ({ result }) => result({ tools: [{ name: 'echo', inputSchema: {} }], nextCursor: null }),
    });
    await using sse = await connectSse(server);
    expect(sse.connection.facts).toMatchObject({ capabilities: { tools: {} }, serverName: null });
    const page = await sse.connection.listToolsPage(null, { signal: never, timeoutMs: 1_000 });
    expect(page).toEqual({ tools: [{ name: 'echo', inputSchema: {} }], nextCursor: null, ttlMs: null });
  });
});

describe('a request over SSE', () => {
  it('a request over SSE carries the headers of the entry, except for headers that the protocol sets', async () => {
    const headers = { authorization: 'Bearer k', 'x-own': '1', accept: 'text/html', 'Mcp-Session-Id': 'mine' };
    await using server = await RawSseServer.start();
    await using sse = await connectSse(server, { headers });
    await sse.call();
    const [get] = server.of('GET');
    const [call] = server.of('tools/call');
    expect(get?.headers).toMatchObject({ authorization: 'Bearer k', 'x-own': '1', accept: 'text/event-stream' });
    expect(call?.headers).toMatchObject({
      authorization: 'Bearer k',
      'x-own': '1',
      accept: '*/*',
      'content-type': 'application/json',
      'mcp-protocol-version': '2024-11-05',
    });
    expect([get?.headers['mcp-session-id'], call?.headers['mcp-session-id']]).toEqual([undefined, undefined]);
  });

  it('a call over SSE whose arguments cannot be written as JSON is not sent', async () => {
    await using server = await RawSseServer.start();
    await using sse = await connectSse(server);
    await expect(sse.call({ a: 1n })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
    expect(server.of('tools/call')).toEqual([]);
  });

  it('a call over SSE reports progress, and is cancelled at the server with a notification', async () => {
    await using server = await RawSseServer.start({
      'tools/call'({ accept, message, send }) {
        accept();
        const { progressToken } = (message.params?._meta ?? {}) as { progressToken?: number };
        const params = { progressToken, progress: 1, total: 2, message: null, own: true };
        send({ jsonrpc: '2.0', method: 'notifications/progress', params });
      },
    });
    await using sse = await connectSse(server);
    const told = Promise.withResolvers<unknown>();
    const caller = new AbortController();
    const call = sse.call({}, { signal: caller.signal, onProgress: (...all) => told.resolve(all) });
    const [progress, params] = (await told.promise) as [object, object];
    expect([progress, params]).toEqual([{ progress: 1, total: 2 }, expect.objectContaining({ own: true })]);
    caller.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    await eventually('the server is told', () => server.of('notifications/cancelled').length === 1);
    const [call1] = server.of('tools/call');
    expect(server.of('notifications/cancelled')[0]?.message.params).toMatchObject({ requestId: call1?.message.id });
  });

  it('a host can send a ping to a server over SSE', async () => {
    await using server = await RawSseServer.start({ ping: ({ result }) => result({}) });
    await using sse = await connectSse(server);
    await expect(sse.connection.request('ping', {}, { signal: never, timeoutMs: 1_000 })).resolves.toEqual({});
  });

  it('a host is told about updates of a watched resource over SSE until it ends the watch', async () => {
    const accepting: SseAnswer = ({ result }) => result({});
    await using server = await RawSseServer.start({
      initialize: ({ result }) =>
        result({ protocolVersion: '2024-11-05', capabilities: { resources: { subscribe: true } } }),
      'resources/subscribe': accepting,
      'resources/unsubscribe': accepting,
    });
    await using sse = await connectSse(server);
    const stop = await sse.connection.watchResource('test://a', { signal: never, timeoutMs: 1_000 });
    server.send({ jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri: 'test://a' } });
    await eventually('it is notified', () => sse.notices.length === 1);
    stop();
    await eventually('it is ended', () => server.of('resources/unsubscribe').length === 1);
    expect(sse.notices).toEqual([['notifications/resources/updated', { uri: 'test://a' }]]);
  });
});

describe('notifications and requests of an SSE server', () => {
  it('a notification of an SSE server reaches the listener for its kind of notification', async () => {
    await using server = await RawSseServer.start();
    await using sse = await connectSse(server);
    const log = { level: 'info', logger: null, data: { a: 1 } };
    server.send(
      { jsonrpc: '2.0', method: 'notifications/message', params: log },
      { jsonrpc: '2.0', method: 'notifications/tools/list_changed' },
      { jsonrpc: '2.0', method: 'notifications/prompts/list_changed', params: null },
      { jsonrpc: '2.0', method: 'notifications/own', params: { x: 1 } },
    );
    await eventually('all came', () => sse.notices.length === 3);
    expect([sse.changes.count, sse.notices]).toEqual([
      1,
      [
        ['notifications/message', log],
        ['notifications/prompts/list_changed', {}],
        ['notifications/own', { x: 1 }],
      ],
    ]);
  });

  it('the host answers requests of an SSE server, but not requests of unknown methods', async () => {
    const host: HostSide = {
      capabilities: { sampling: {}, elicitation: {}, roots: {} },
      answer: async ({ method, params }) => ({ method, params }),
    };
    await using server = await RawSseServer.start();
    await using _sse = await connectSse(server, { host });
    const methods = ['sampling/createMessage', 'elicitation/create', 'roots/list', 'ping', 'tasks/get'];
    for (const method of methods) server.send({ jsonrpc: '2.0', id: method, method, params: { a: 1 } });
    await eventually('all are answered', () => server.of('POST').length === methods.length);
    const answers = server.of('POST').map(({ message }) => [message.id, message.result ?? message.error] as const);
    expect(Object.fromEntries(answers)).toEqual({
      'sampling/createMessage': { method: 'sampling/createMessage', params: { a: 1 } },
      'elicitation/create': { method: 'elicitation/create', params: { a: 1 } },
      'roots/list': { method: 'roots/list', params: { a: 1 } },
      ping: {},
      'tasks/get': { code: -32_601, message: expect.any(String) },
    });
    expect(server.of('initialize')[0]?.message.params?.capabilities).toEqual(host.capabilities);
  });

  it('a request of an SSE server is aborted at the host if the server cancels it', async () => {
    const asked = Promise.withResolvers<AbortSignal>();
    const host: HostSide = {
      capabilities: { roots: {} },
      answer: ({ signal }) => {
        asked.resolve(signal);
        return new Promise(() => {});
      },
    };
    await using server = await RawSseServer.start();
    await using sse = await connectSse(server, { host });
    server.send({ jsonrpc: '2.0', id: 1, method: 'roots/list' });
    const signal = await asked.promise;
    server.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
    await eventually('the host is notified', () => signal.aborted);
    expect(sse.lost).toEqual([]);
  });
});
