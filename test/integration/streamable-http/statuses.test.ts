import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { secret } from '../../helpers/evidence.ts';
import { type ManagedMap, manage } from '../../helpers/manager.ts';
import { type Answer, connectRaw, RawMcpServer, type RawRequest } from '../../helpers/raw-mcp-server.ts';
import { entry } from '../../helpers/signed-map.ts';

const INITIALIZED = { protocolVersion: '2025-11-25', capabilities: { tools: {}, prompts: {} } };

/** A server that creates a new session in each handshake. */
const sessions = (): Record<string, Answer> => {
  let made = 0;
  return {
    initialize: ({ result, response }) => {
      made += 1;
      response.setHeader('mcp-session-id', `s-${made}`);
      result(INITIALIZED);
    },
  };
};
const rpcError = (id: unknown, code: number, message: string): string =>
  JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } });
const json =
  (status: number, bodyOf: (id: RawRequest['message']['id']) => string): Answer =>
  ({ response, message }) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(bodyOf(message.id));

async function managed(server: RawMcpServer): Promise<ManagedMap> {
  const map = await manage([entry('one', { endpoint: server.url.href })], { random: { next: () => 0.01 } });
  await map.manager.sync();
  await map.manager.ready('one');
  return map;
}

const ALL = Array.from({ length: 400 }, (_, index) => 200 + index);
const SOME = ALL.filter((status) => status === 400 || (status % 100 < 30 && status % 3 !== 1));

describe('ten calls', () => {
  const bodies: Record<string, (id: unknown) => string> = {
    'no body': () => '',
    'a body in its own format': () => '{"error":"what?"}',
    'an error without an id': () => rpcError(null, -32_603, 'it broke'),
    'an error with the id that reports a lost session': (id) => rpcError(id, -32_001, 'Session not found'),
    'a result that is an error': (id) =>
      JSON.stringify({
        jsonrpc: '2.0',
        id,
        result: { isError: true, content: [{ type: 'text', text: 'Session not found' }] },
      }),
  };
  const cases = ['with', 'without'].flatMap((mode) => Object.keys(bodies).map((body) => [mode, body] as const));

  it.each(cases)(
    'ten calls run exactly ten times if a server %s sessions answers with %s, whatever the HTTP status',
    async (mode, body) => {
      let status = 200;
      let runs = 0;
      await using server = await RawMcpServer.start({
        ...(mode === 'with' ? sessions() : {}),
        'tools/call': (request) => {
          runs += 1;
          json(status, (id) => bodies[body]?.(id) ?? '')(request);
        },
      });
      await using map = await managed(server);
      const wrong: string[] = [];
      for (status of body === 'no body' ? ALL : SOME) {
        // These cases are skipped, because a server that ran the call does not report an unknown session (MCP).
        const isSessionGone =
          status === 404 && mode === 'with' && !body.includes('id that') && !body.includes('result');
        if (isSessionGone) continue;
        runs = 0;
        await Promise.all(Array.from({ length: 10 }, () => map.manager.callTool('one.echo').catch(() => {})));
        if (runs !== 10) wrong.push(`${status}: ${runs}`);
      }
      expect(wrong).toEqual([]);
    },
    120_000,
  );
});

describe('a response with the id of its request', () => {
  it.each([400, 404, 409, 422, 500, 503])(
    'a JSON-RPC response with the id of its request is accepted, even if a legacy server sends it with HTTP %i',
    async (status) => {
      await using server = await RawMcpServer.start({
        ...sessions(),
        'tools/call': json(status, (id) => rpcError(id, -32_602, 'bad argument')),
        'prompts/list': json(status, (id) => JSON.stringify({ jsonrpc: '2.0', id, result: { prompts: [] } })),
      });
      await using map = await managed(server);
      await expect(map.manager.callTool('one.echo')).rejects.toMatchObject({
        code: 'TOOL_CALL_REJECTED',
        message: 'Tool echo was rejected: bad argument',
        detail: { rpcCode: -32_602 },
      });
      await expect(map.manager.request('one', 'prompts/list', {})).resolves.toEqual({ prompts: [] });
      expect([server.of('tools/call').length, server.of('initialize').length]).toEqual([1, 1]);
    },
  );
});

it('the response to initialize is accepted with any HTTP status, and its session id is used', async () => {
  await using server = await RawMcpServer.start({
    'server/discover': json(400, (id) => rpcError(id, -32_601, 'Method not found')),
    initialize: ({ response, message }) => {
      response.writeHead(500, { 'content-type': 'application/json', 'mcp-session-id': 's-1' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result: INITIALIZED }));
    },
  });
  await using raw = await connectRaw(server);
  await raw.call();
  expect(server.of('tools/call')[0]?.headers).toMatchObject({ 'mcp-session-id': 's-1' });
});

it('a result of a call may be large and slow, and is accepted even with the HTTP status 500', async () => {
  const text = 'x'.repeat(200_000);
  await using server = await RawMcpServer.start({
    'tools/call': ({ response, message }) => {
      response.writeHead(500, { 'content-type': 'application/json' });
      const body = JSON.stringify({ jsonrpc: '2.0', id: message.id, result: { content: [{ type: 'text', text }] } });
      response.write(body.slice(0, 100_000));
      setTimeout(() => response.end(body.slice(100_000)), 100);
    },
  });
  await using raw = await connectRaw(server);
  await expect(raw.call()).resolves.toEqual({ content: [{ type: 'text', text }] });
});

describe('a session that the server no longer knows', () => {
  const words = 'Session not found';

  it.each([200, 400])(
    'a call whose response (HTTP %i) reports an unknown session is not sent again, but a new session starts',
    async (status) => {
      await using server = await RawMcpServer.start({
        ...sessions(),
        'tools/call': (request) =>
          request.headers['mcp-session-id'] === 's-1'
            ? json(status, (id) => rpcError(id, -32_000, words))(request)
            : request.result({ content: [] }),
      });
      await using map = await managed(server);
      await expect(map.manager.callTool('one.echo')).rejects.toMatchObject({
        detail: { sent: 'maybe', rpcCode: -32_000 },
      });
      expect(server.of('tools/call')).toHaveLength(1);
      await expect(map.manager.callTool('one.echo')).resolves.toEqual({ content: [] });
      expect([server.of('initialize').length, server.of('tools/call').length]).toEqual([2, 2]);
    },
  );

  const waysToSayIt: [string, Answer][] = [
    ['HTTP 200 and the id of the request', json(200, (id) => rpcError(id, -32_001, words))],
    ['HTTP 400 and the id of the request', json(400, (id) => rpcError(id, -32_001, words))],
    ['HTTP 400 and no id', json(400, () => rpcError(null, -32_000, 'Bad Request: No valid session ID provided'))],
    ['HTTP 400 and plain text', ({ response }) => void response.writeHead(400).end('Invalid or missing session ID')],
    ['HTTP 404', ({ response }) => void response.writeHead(404).end()],
    ['HTTP 404 and the id of the request', json(404, (id) => rpcError(id, -32_001, words))],
    ['HTTP 410', ({ response }) => void response.writeHead(410).end()],
    ['HTTP 500 and a JSON-RPC error', json(500, () => rpcError(null, -32_000, 'Bad Request: Server not initialized'))],
  ];
  it.each(waysToSayIt)(
    'a read whose response reports an unknown session with %s is sent again in a new session',
    async (_, lost) => {
      await using server = await RawMcpServer.start({
        ...sessions(),
        'prompts/list': (request) =>
          request.headers['mcp-session-id'] === 's-1' ? lost(request) : request.result({ prompts: [{ name: 'p' }] }),
      });
      await using map = await managed(server);
      const listed = await Promise.all([1, 2, 3].map(() => map.manager.request('one', 'prompts/list', {})));
      expect(listed).toEqual(Array.from({ length: 3 }, () => ({ prompts: [{ name: 'p' }] })));
      expect(server.of('initialize')).toHaveLength(2);
    },
  );

  it('a connector starts a new session if the server rejects a response of the host with HTTP 404', async () => {
    const ping = { jsonrpc: '2.0', id: 'p', method: 'ping' };
    await using server = await RawMcpServer.start({
      ...sessions(),
      'tools/call': ({ events, message, response }) => {
        events(ping, { jsonrpc: '2.0', id: message.id, result: { content: [] } });
        response.end();
      },
      answer: ({ response }) => void response.writeHead(404).end(),
    });
    await using map = await managed(server);
    await map.manager.callTool('one.echo');
    await eventually('it is renewed', () => server.of('initialize').length === 2);
  });
});

describe('an HTTP error response', () => {
  it('the error about an HTTP error response names its step, status and content type, and shows no part of its body', async () => {
    const body = secret('BODY');
    await using server = await RawMcpServer.start({
      'tools/call': ({ response }) =>
        void response.writeHead(418, secret('REASON'), { 'content-type': 'text/html; charset=utf-8' }).end(body),
    });
    await using raw = await connectRaw(server);
    await expect(raw.call()).rejects.toMatchObject({
      message: 'Tool echo: tools/call was answered with HTTP 418 (text/html).',
      detail: { status: 418, sent: 'maybe' },
    });
  });

  it.each<[string, Record<string, Answer>, string]>([
    [
      'to notifications/initialized',
      {
        'notifications/initialized': ({ response }) =>
          void response.writeHead(405, { 'content-type': 'text/plain' }).end(),
      },
      'notifications/initialized was answered with HTTP 405 (text/plain) and without an MCP message',
    ],
    [
      'to initialize with an HTML page',
      { initialize: ({ response }) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>') },
      'initialize was answered with HTTP 200 (text/html) and without an MCP message',
    ],
    [
      'to initialize with an empty body',
      { initialize: ({ response }) => void response.writeHead(202).end() },
      'initialize was answered with HTTP 202 (no content type) and without an MCP message',
    ],
    [
      'to initialize with damaged JSON',
      { initialize: json(200, () => '{') },
      'the JSON in its answer is damaged: initialize was answered with HTTP 200 (application/json)',
    ],
  ])('the error about an HTTP response %s names the step of the handshake', async (_, answers, words) => {
    await using server = await RawMcpServer.start(answers);
    await using map = await manage([entry('one', { endpoint: server.url.href })]);
    await map.manager.sync();
    expect(map.manager.connector('one')?.status?.lastError?.message).toContain(words);
    expect(server.of('GET')).toEqual([]);
  });

  it('the error of a call reports the Retry-After of the response', async () => {
    await using server = await RawMcpServer.start({
      'tools/call': ({ response }) => void response.writeHead(429, { 'retry-after': '7' }).end(),
    });
    await using raw = await connectRaw(server);
    await expect(raw.call()).rejects.toMatchObject({
      code: 'TOOL_CALL_REJECTED',
      detail: { status: 429, retryAfterMs: 7_000, sent: 'maybe' },
    });
  });

  it('a call whose error response has an endless body fails with the status of the response', async () => {
    await using server = await RawMcpServer.start({
      'tools/call': ({ response }) => void response.writeHead(500, { 'content-type': 'text/plain' }).write('…'),
    });
    await using raw = await connectRaw(server);
    await expect(raw.call()).rejects.toMatchObject({ detail: { status: 500 } });
  }, 10_000);
});
