import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { getConnectorMetricsRegistry } from '../../../src/main/index.ts';
import type { HostSide } from '../../../src/main/mcp/host-side.ts';
import { SwitchyardError } from '../../../src/shared/errors.ts';
import { eventually } from '../../helpers/eventually.ts';
import { type Answer, connectRaw, MODERN, RawMcpServer } from '../../helpers/raw-mcp-server.ts';

const answerTo = (id: unknown, text = 'ok') => ({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } });

async function strays(): Promise<number> {
  const metric = await getConnectorMetricsRegistry().getSingleMetric('mcp_connector_stray_messages_total')?.get();
  return metric?.values[0]?.value ?? 0;
}

describe('a response to a call', () => {
  it('a call returns as soon as the event with its response arrives, even if the stream contains other events and stays open', async () => {
    let isCut = false;
    await using server = await RawMcpServer.start({
      'tools/call'({ events, message, response }) {
        response.on('close', () => {
          isCut = true;
        });
        events({ jsonrpc: '2.0', method: 'notifications/message' }, answerTo(message.id));
      },
    });
    await using raw = await connectRaw(server);
    await expect(raw.call()).resolves.toMatchObject({ content: [{ text: 'ok' }] });
    expect(isCut).toBe(false);
    // The client closes the stream some time later, although the server leaves it open.
    await eventually('its connection is cut', () => isCut);
  }, 10_000);

  it('the response to a call may arrive in a batch, either as an event or as the whole body', async () => {
    let isEvent = false;
    const notice = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 1 } };
    await using server = await RawMcpServer.start({
      'tools/call'({ events, message, response }) {
        const batch = [notice, answerTo(message.id)];
        isEvent = !isEvent;
        if (isEvent) events(batch);
        else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(batch));
      },
    });
    await using raw = await connectRaw(server);
    for (const _ of [1, 2]) await expect(raw.call()).resolves.toMatchObject({ content: [{ text: 'ok' }] });
  });

  it.each([
    ['only a status of 202', ({ response }) => response.writeHead(202).end()],
    ['an HTML page', ({ response }) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>')],
    ['damaged JSON', ({ response }) => response.writeHead(200, { 'content-type': 'application/json' }).end('{')],
    [
      'the response to another request',
      ({ response }) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
    ],
    ['a result without content', ({ result }) => result({ content: 'text' })],
  ] as [string, Answer][])(
    'a call fails with TOOL_CALL_REJECTED if the server answers it with %s',
    async (_, answer) => {
      await using server = await RawMcpServer.start({ 'tools/call': answer });
      await using raw = await connectRaw(server);
      await expect(raw.call()).rejects.toMatchObject({ code: 'TOOL_CALL_REJECTED' });
    },
  );

  it('a response with an unknown, wrong or repeated id is ignored and counted', async () => {
    const before = await strays();
    await using server = await RawMcpServer.start({
      'tools/call'({ events, message, response }) {
        events(
          answerTo(999),
          answerTo(String(message.id)),
          answerTo(null),
          { what: 1 },
          answerTo(message.id),
          answerTo(message.id),
        );
        response.end();
      },
    });
    await using raw = await connectRaw(server);
    await expect(raw.call()).resolves.toMatchObject({ content: [{ text: 'ok' }] });
    await eventually('all are counted', async () => (await strays()) === before + 5);
  });

  it('an error response without an id (`id: null`) belongs to the request that it was sent for', async () => {
    await using server = await RawMcpServer.start({
      'tools/call'({ response }) {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end('{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"unreadable"}}');
      },
    });
    await using raw = await connectRaw(server);
    await expect(raw.call()).rejects.toMatchObject({ code: 'TOOL_CALL_REJECTED', detail: { rpcCode: -32_700 } });
  });

  it('a JSON-RPC error of a modern server fails the call with its code, despite the HTTP status 404', async () => {
    await using server = await RawMcpServer.start({
      ...MODERN,
      'tools/call'({ response, message }) {
        response.writeHead(404, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, error: { code: -32_601, message: 'gone' } }));
      },
    });
    await using raw = await connectRaw(server);
    await expect(raw.call()).rejects.toMatchObject({ code: 'TOOL_CALL_REJECTED', detail: { rpcCode: -32_601 } });
  });

  it('a call ends with a result or an error with a code, whatever the server sends', async () => {
    let sent: { status: number; type: string; body: Uint8Array } = { status: 200, type: '', body: new Uint8Array() };
    await using server = await RawMcpServer.start({
      'tools/call': ({ response }) =>
        void response.writeHead(sent.status, { 'content-type': sent.type }).end(sent.body),
    });
    await using raw = await connectRaw(server);
    const anything = fc.record({
      status: fc.constantFrom(200, 201, 202, 204, 301, 307, 400, 401, 404, 418, 500),
      type: fc.constantFrom('application/json', 'text/event-stream', 'text/plain'),
      body: fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.json().map((text) => new TextEncoder().encode(text)),
        fc.json().map((text) => new TextEncoder().encode(`data: ${text}\n\n`)),
      ),
    });
    let failed = 0;
    await fc.assert(
      fc.asyncProperty(anything, async (next) => {
        sent = next;
        const outcome: unknown = await raw.call().catch((error: unknown) => error);
        const isFailure = outcome instanceof Error;
        if (isFailure) failed += 1;
        expect(isFailure && !(outcome instanceof SwitchyardError) ? outcome : 'a result or a coded error').toBe(
          'a result or a coded error',
        );
      }),
      { numRuns: 150 },
    );
    expect(failed).toBeGreaterThan(0);
  });
});

describe('consecutive calls', () => {
  it("calls in a row share one connection, and leave no listener on the caller's signal", async () => {
    await using server = await RawMcpServer.start();
    await using raw = await connectRaw(server);
    const before = server.connections;
    const { signal } = new AbortController();
    for (let call = 0; call < 30; call += 1) await raw.call({}, { signal });
    expect([server.connections - before, getEventListeners(signal, 'abort')]).toEqual([0, []]);
  });
});

describe('a call that is cancelled', () => {
  it.each([
    ['legacy', {}, 1],
    ['modern', MODERN, 0],
  ] as [string, Record<string, Answer>, number][])(
    'a call that is aborted closes its stream, and only a legacy server gets a notification about that (%s)',
    async (_, answers, notices) => {
      let isClosed = false;
      await using server = await RawMcpServer.start({
        ...answers,
        'tools/call': ({ response }) => void response.on('close', () => (isClosed = true)),
      });
      await using raw = await connectRaw(server);
      const caller = new AbortController();
      const call = raw.call({}, { signal: caller.signal });
      await eventually('it is there', () => server.of('tools/call').length === 1);
      caller.abort(new Error('enough'));
      await expect(call).rejects.toThrow('enough');
      await eventually('its stream is closed', () => isClosed);
      await eventually('it is notified', () => server.of('notifications/cancelled').length === notices);
      const ids = server.of('notifications/cancelled').map(({ message }) => message.params?.requestId);
      expect(ids).toEqual(
        server
          .of('tools/call')
          .slice(0, notices)
          .map(({ message }) => message.id),
      );
      await expect(
        raw.connection.listToolsPage(null, { signal: AbortSignal.timeout(2_000), timeoutMs: 2_000 }),
      ).resolves.toBeDefined();
    },
  );

  it('a call that is aborted before it starts sends nothing', async () => {
    await using server = await RawMcpServer.start();
    await using raw = await connectRaw(server);
    await expect(raw.call({}, { signal: AbortSignal.abort(new Error('never')) })).rejects.toThrow('never');
    expect(server.of('tools/call')).toHaveLength(0);
  });
});

describe('progress notifications', () => {
  it('a progress notification reaches the caller of its call, unless it is malformed or names another call', async () => {
    await using server = await RawMcpServer.start({
      'tools/call'({ events, message, response }) {
        const { progressToken } = (message.params?._meta ?? {}) as { progressToken?: number };
        const tell = (token: unknown, progress: unknown) => ({
          jsonrpc: '2.0',
          method: 'notifications/progress',
          params: { progressToken: token, progress, total: 2, message: 'half' },
        });
        events(tell(progressToken, 1), tell('other', 7), tell(progressToken, 'no number'), answerTo(message.id));
        response.end();
      },
    });
    await using raw = await connectRaw(server);
    const heard: unknown[] = [];
    await raw.call({}, { onProgress: (progress) => void heard.push(progress) });
    expect(heard).toEqual([{ progress: 1, total: 2, message: 'half' }]);
    await raw.call();
    expect(server.of('tools/call')[1]?.message.params).not.toHaveProperty('_meta');
  });
});

describe('the event stream of a call that breaks before the response', () => {
  const primed: Answer = ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('id: first\nretry: 20\n\n');
    setTimeout(() => response.destroy(), 20);
  };

  it('a broken event stream of a call is resumed after its last event and after the pause that the server asked for', async () => {
    await using server = await RawMcpServer.start({
      'tools/call': primed,
      GET({ response, events }) {
        if (server.of('GET').length === 1) {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          response.end('id: second\n\n');
          return;
        }
        events(answerTo(server.of('tools/call')[0]?.message.id, 'late'));
        response.end();
      },
    });
    await using raw = await connectRaw(server);
    await expect(raw.call()).resolves.toMatchObject({ content: [{ text: 'late' }] });
    expect(server.of('GET').map(({ headers }) => headers['last-event-id'])).toEqual(['first', 'second']);
  });

  it.each([404, 405, 500])(
    'a call whose stream breaks and cannot be resumed (%i) fails, and the error says that the call may have run',
    async (status) => {
      await using server = await RawMcpServer.start({
        'tools/call': primed,
        GET: ({ response }) => void response.writeHead(status).end(),
      });
      await using raw = await connectRaw(server);
      await expect(raw.call()).rejects.toMatchObject({ code: 'TOOL_CALL_LOST', detail: { sent: 'maybe' } });
      expect(server.of('GET')).toHaveLength(3);
    },
  );

  it('a call whose stream breaks without an event id fails immediately', async () => {
    await using server = await RawMcpServer.start({
      'tools/call'({ events, response }) {
        events({ jsonrpc: '2.0', method: 'notifications/message' });
        response.end();
      },
    });
    await using raw = await connectRaw(server);
    await expect(raw.call()).rejects.toMatchObject({ code: 'TOOL_CALL_LOST', detail: { sent: 'maybe' } });
    expect(server.of('GET')).toHaveLength(0);
  });

  it('a call whose stream is waiting to be resumed fails when the connection is closed', async () => {
    await using server = await RawMcpServer.start({
      'tools/call': ({ response, result }) =>
        server.of('tools/call').length === 1
          ? void response.writeHead(200, { 'content-type': 'text/event-stream' }).end('id: 1\nretry: 20000\n\n')
          : result({ content: [] }),
    });
    const raw = await connectRaw(server);
    const call = raw.call();
    call.catch(() => {});
    await eventually('it was sent', () => server.of('tools/call').length === 1);
    // When the response to this call has arrived, the first stream has ended, too.
    await raw.call();
    await raw[Symbol.asyncDispose]();
    await expect(call).rejects.toMatchObject({ code: 'TOOL_CALL_LOST' });
  });
});

describe('requests of a legacy server', () => {
  const asking =
    (...requests: object[]): Answer =>
    ({ events, message, response }) => {
      events(...requests, answerTo(message.id));
      response.end();
    };
  const elicit = { jsonrpc: '2.0', id: 'e1', method: 'elicitation/create', params: { message: 'Sure?' } };
  const answers = (server: RawMcpServer) =>
    server.requests
      .filter(({ method, message }) => method === 'POST' && message.method === undefined)
      .map(({ message }) => message);

  it('pings of a legacy server are answered automatically, and requests that the host supports are passed to it', async () => {
    const asked: unknown[] = [];
    const host: HostSide = {
      capabilities: { elicitation: {} },
      answer: async ({ connectorId, method, params }) => {
        asked.push([connectorId, method, params]);
        return { action: 'accept', content: {} };
      },
    };
    const ping = { jsonrpc: '2.0', id: 7, method: 'ping' };
    const sample = { jsonrpc: '2.0', id: 8, method: 'sampling/createMessage', params: {} };
    await using server = await RawMcpServer.start({ 'tools/call': asking(ping, elicit, sample) });
    await using raw = await connectRaw(server, { host });
    await raw.call();
    await eventually('all are answered', () => answers(server).length === 3);
    expect(answers(server)).toEqual(
      expect.arrayContaining([
        { jsonrpc: '2.0', id: 7, result: {} },
        { jsonrpc: '2.0', id: 'e1', result: { action: 'accept', content: {} } },
        {
          jsonrpc: '2.0',
          id: 8,
          error: { code: -32_601, message: 'This host does not answer sampling/createMessage' },
        },
      ]),
    );
    expect(asked).toEqual([['raw', 'elicitation/create', { message: 'Sure?' }]]);
    expect(server.of('initialize')[0]?.message.params).toMatchObject({ capabilities: { elicitation: {} } });
  });

  it.each([
    [Object.assign(new Error('not now'), { code: -32_042 }), -32_042],
    [Object.assign(new Error('not now'), { code: 'ENOTHING' }), -32_603],
  ])(
    'if the host rejects a request of a legacy server, the server gets the error, and its code if it is a number (%#)',
    async (failure, code) => {
      const host: HostSide = { capabilities: { elicitation: {} }, answer: () => Promise.reject(failure) };
      await using server = await RawMcpServer.start({ 'tools/call': asking(elicit) });
      await using raw = await connectRaw(server, { host });
      await raw.call();
      await eventually('it is answered', () => answers(server).length === 1);
      expect(answers(server)).toEqual([
        { jsonrpc: '2.0', id: 'e1', error: { code, message: expect.stringContaining('not now') } },
      ]);
    },
  );

  it('a legacy server with 64 unanswered requests gets no response to further requests', async () => {
    let asked = 0;
    const host: HostSide = {
      capabilities: { elicitation: {} },
      answer() {
        asked += 1;
        return new Promise(() => {});
      },
    };
    const many = Array.from({ length: 100 }, (_, id) => ({ ...elicit, id }));
    const ping = { jsonrpc: '2.0', id: 'p', method: 'ping' };
    await using server = await RawMcpServer.start({ 'tools/call': asking(...many, ping) });
    await using raw = await connectRaw(server, { host });
    await raw.call();
    await raw.call();
    expect([asked, answers(server)]).toEqual([64, []]);
  });

  it('a request that a legacy server cancels is aborted at the host, and gets no response', async () => {
    const seen: { signal?: AbortSignal } = {};
    const host: HostSide = {
      capabilities: { elicitation: {} },
      answer({ signal }) {
        seen.signal = signal;
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
      },
    };
    const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'e1' } };
    await using server = await RawMcpServer.start({ 'tools/call': asking(elicit, cancel) });
    await using raw = await connectRaw(server, { host });
    await raw.call();
    await eventually('the host is notified', () => seen.signal?.aborted === true);
    // If a response were sent, it would arrive before this call.
    await raw.call();
    expect(answers(server)).toEqual([]);
  });
});

describe('a modern server that answers a call with `input_required`', () => {
  const confirm = { method: 'elicitation/create', params: { message: 'Sure?' } };
  const host: HostSide = { capabilities: { elicitation: {} }, answer: async () => ({ action: 'accept' }) };

  it("input that a modern server asks for (`input_required`) is sent in a new request with the server's `requestState`", async () => {
    await using server = await RawMcpServer.start({
      ...MODERN,
      'tools/call'({ result, message }) {
        if (message.params?.inputResponses !== undefined) return result({ content: [] });
        result({ resultType: 'input_required', inputRequests: { a: confirm, b: confirm }, requestState: '{"n": 1}' });
      },
    });
    await using raw = await connectRaw(server, { host });
    await raw.call({ x: 1 });
    const [first, second] = server.of('tools/call');
    expect(second?.message.params).toMatchObject({
      name: 'echo',
      arguments: { x: 1 },
      requestState: '{"n": 1}',
      inputResponses: { a: { action: 'accept' }, b: { action: 'accept' } },
    });
    expect(first?.message.id).not.toBe(second?.message.id);
    expect(first?.message.params).not.toHaveProperty('requestState');
  });

  it('if a modern server answers a call with `input_required` but without a question, the call is sent again', async () => {
    await using server = await RawMcpServer.start({
      ...MODERN,
      'tools/call'({ result, message }) {
        if (message.params?.requestState === 'later') return result({ content: [] });
        result({ resultType: 'input_required', requestState: 'later' });
      },
    });
    await using raw = await connectRaw(server);
    await expect(raw.call()).resolves.toEqual({ content: [] });
    expect(server.of('tools/call')[1]?.message.params).not.toHaveProperty('inputResponses');
  });

  it.each([
    ['the host cannot provide it', { a: confirm }, false, 1],
    ['it is not a request', { a: 7 }, true, 1],
    ['it is required again and again', { a: confirm }, true, 11],
  ])('a call for which a modern server requires input fails if %s', async (_, inputRequests, isAble, sent) => {
    await using server = await RawMcpServer.start({
      ...MODERN,
      'tools/call': ({ result }) => result({ resultType: 'input_required', inputRequests }),
    });
    await using raw = await connectRaw(server, isAble ? { host } : {});
    await expect(raw.call()).rejects.toMatchObject({ code: 'TOOL_CALL_REJECTED' });
    expect(server.of('tools/call')).toHaveLength(sent);
  });
});
