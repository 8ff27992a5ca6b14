import { Agent } from 'undici';
import { describe, expect, it } from 'vitest';
import { NO_CREDENTIALS } from '../../../src/main/connectors/credentials/credentials.ts';
import { createStreamableHttpConnect } from '../../../src/main/connectors/streamable-http/streamable-http-connect.ts';
import { TOOLS_ONLY } from '../../../src/main/mcp/host-side.ts';
import { secret } from '../../helpers/evidence.ts';
import { type Answer, connectRaw, MODERN, RawMcpServer, type RawRequest } from '../../helpers/raw-mcp-server.ts';

const status =
  (code: number, body = '', type = 'text/plain'): Answer =>
  ({ response }) =>
    void response.writeHead(code, { 'content-type': type }).end(body);

const rpcError =
  (code: number, data: unknown = undefined, httpStatus = 200): Answer =>
  ({ message, response }) => {
    const error = { code, message: 'no', data };
    response.writeHead(httpStatus, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, error }));
  };

function firstOf(server: RawMcpServer, kind: string): RawRequest {
  const [first] = server.of(kind);
  if (first === undefined) throw new Error(`Nothing like ${kind} was asked`);
  return first;
}

/** Returns a function that connects, always with the same memory, and resolves with the protocol generation. */
function rawConnector(server: RawMcpServer): () => Promise<string> {
  const agent = new Agent();
  const connect = createStreamableHttpConnect({ dispatcher: agent, maxResultBytes: 1_000, host: TOOLS_ONLY });
  const limits = { signal: new AbortController().signal, timeoutMs: 1_000 };
  const target = {
    id: 'raw',
    name: 'Raw',
    url: server.url,
    headers: {},
    credentials: NO_CREDENTIALS,
    command: null,
  } as const;
  return async () => {
    const events = { onLost: () => {}, onToolsChanged: () => {} };
    const connection = await connect({ ...target, era: 'auto', transport: 'auto' }, events, limits);
    await connection.close();
    return connection.facts.era;
  };
}

describe('the protocol generation of a connector', () => {
  it('a connector uses the modern protocol if its server offers it, without `initialize` and without a session', async () => {
    await using server = await RawMcpServer.start(MODERN);
    await using raw = await connectRaw(server);
    expect(raw.connection.facts).toEqual({
      era: 'modern',
      transport: 'streamable-http',
      protocolVersion: '2026-07-28',
      serverName: 'raw',
      capabilities: { tools: {} },
    });
    await raw.call({ a: 1 });
    expect(server.of('initialize')).toHaveLength(0);
    const { headers, message } = firstOf(server, 'tools/call');
    expect(headers).toMatchObject({
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'echo',
    });
    expect(message.params).toMatchObject({
      name: 'echo',
      arguments: { a: 1 },
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': { name: 'mcp-switchyard' },
        'io.modelcontextprotocol/clientCapabilities': {},
      },
    });
  });

  it.each([
    ['404', status(404)],
    ['400', status(400, '{"error":"what?"}', 'application/json')],
    ['405', status(405)],
    ['500', status(500)],
    ['503', status(503)],
    ['an HTML page', status(200, '<p>hello</p>', 'text/html')],
    ['an unknown method', rpcError(-32_601)],
    ['an unknown method, with 404', rpcError(-32_601, undefined, 404)],
    ['other protocol versions, with 400', rpcError(-32_022, { supported: ['2025-11-25'] }, 400)],
    ['a result of another kind', ({ result }) => result({})] as [string, Answer],
    ['other protocol versions in its result', ({ result }) => result({ supportedVersions: ['2027-01-01'] })] as [
      string,
      Answer,
    ],
  ])('a connector uses the legacy protocol if `server/discover` is answered with %s', async (_, discover) => {
    await using server = await RawMcpServer.start({ 'server/discover': discover });
    await using raw = await connectRaw(server);
    expect(raw.connection.facts).toMatchObject({ era: 'legacy', protocolVersion: '2025-11-25' });
    await raw.call();
    const { headers, message } = firstOf(server, 'tools/call');
    expect(headers).not.toHaveProperty('mcp-method');
    expect(headers['mcp-protocol-version']).toBe('2025-11-25');
    expect(message.params).toEqual({ name: 'echo', arguments: {} });
    expect(server.of('initialize')[0]?.headers).not.toHaveProperty('mcp-protocol-version');
  });

  it('a connector sends `server/discover` again if the server rejects the first one and names our protocol version', async () => {
    await using server = await RawMcpServer.start(MODERN);
    const { 'server/discover': discover } = server.answers;
    server.answers['server/discover'] = (request) => {
      const refuse = rpcError(-32_022, { supported: ['2026-07-28'] }, 400);
      (server.of('server/discover').length === 1 ? refuse : discover)?.(request);
    };
    await using raw = await connectRaw(server);
    expect(raw.connection.facts.era).toBe('modern');
  });

  it('a connector sends `server/discover` again if the connection breaks during the first one', async () => {
    await using server = await RawMcpServer.start(MODERN);
    const { 'server/discover': discover } = server.answers;
    server.answers['server/discover'] = (request) => {
      if (server.of('server/discover').length === 1) request.response.destroy();
      else discover?.(request);
    };
    await using raw = await connectRaw(server);
    expect(raw.connection.facts.era).toBe('modern');
  });

  it('a server is remembered as legacy until connecting with the legacy protocol fails', async () => {
    await using server = await RawMcpServer.start();
    const connect = rawConnector(server);
    await connect();
    await connect();
    expect([server.of('server/discover').length, server.of('initialize').length]).toEqual([1, 2]);
    Object.assign(server.answers, MODERN, { initialize: status(405) });
    expect(await connect()).toBe('modern');
    expect(await connect()).toBe('modern');
    expect([server.of('server/discover').length, server.of('initialize').length]).toEqual([3, 3]);
  });

  it('a connector uses the protocol generation that its entry specifies, without a probe', async () => {
    await using server = await RawMcpServer.start();
    await using raw = await connectRaw(server, { era: 'legacy' });
    expect(raw.connection.facts.era).toBe('legacy');
    expect(server.of('server/discover')).toHaveLength(0);
    await expect(connectRaw(server, { era: 'modern' })).rejects.toMatchObject({ code: 'CONNECTOR_CONNECT_FAILED' });
    expect(server.of('initialize')).toHaveLength(1);
  });
});

describe('a handshake', () => {
  it.each([401, 403])('a handshake that is rejected with %i does not try the other protocol', async (code) => {
    await using server = await RawMcpServer.start({ 'server/discover': status(code, secret('BODY')) });
    await expect(connectRaw(server)).rejects.toMatchObject({ code: 'CONNECTOR_REFUSED', detail: { status: code } });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    [
      'another protocol version',
      { initialize: ({ result }) => result({ protocolVersion: '1999-01-01', capabilities: {} }) },
      'CONNECTOR_CONNECT_FAILED',
    ],
    ['an error', { initialize: rpcError(-32_603) }, 'CONNECTOR_CONNECT_FAILED'],
    ['an HTML page', { initialize: status(200, '<p>', 'text/html') }, 'CONNECTOR_CONNECT_FAILED'],
    ['404', { initialize: status(404) }, 'CONNECTOR_CONNECT_FAILED'],
    [
      'a redirect to another origin',
      { initialize: ({ response }) => response.writeHead(307, { location: 'http://127.0.0.1:9/' }).end() },
      'CONNECTOR_REDIRECTED',
    ],
    [
      'an error for notifications/initialized',
      { 'notifications/initialized': status(400) },
      'CONNECTOR_CONNECT_FAILED',
    ],
    ['no response', { initialize: () => {} }, 'TimeoutError'],
  ] as [string, Record<string, Answer>, string][])('a handshake that gets %s fails', async (_, answers, code) => {
    await using server = await RawMcpServer.start(answers);
    const failure: unknown = await connectRaw(server, { timeoutMs: 300 }).catch((error: unknown) => error);
    expect((failure as { code: unknown }).code === code || (failure as Error).name === code).toBe(true);
  });

  it('a handshake that is aborted ends the session that it has opened', async () => {
    let finish = (): void => {};
    await using server = await RawMcpServer.start({
      initialize: ({ result, response }) => {
        response.setHeader('mcp-session-id', 'half');
        finish = () => result({ protocolVersion: '2025-11-25', capabilities: {} });
        setTimeout(() => finish(), 250);
      },
    });
    await expect(connectRaw(server, { timeoutMs: 150 })).rejects.toThrow();
    expect(server.of('DELETE').map(({ headers }) => headers['mcp-session-id'])).toEqual(['half']);
  });

  it('a connector sends its own protocol headers, even if the entry sets headers of the same names', async () => {
    await using server = await RawMcpServer.start();
    const headers = {
      Accept: 'text/plain',
      'Content-Type': 'x',
      'Content-Length': '1',
      Connection: 'close',
      'X-Mine': '1',
    };
    await using raw = await connectRaw(server, { headers });
    await raw.call();
    expect(server.of('tools/call')[0]?.headers).toMatchObject({
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      connection: 'keep-alive',
      'x-mine': '1',
    });
  });
});

describe('a legacy session', () => {
  const withSession: Record<string, Answer> = {
    initialize: ({ result, response }) => {
      response.setHeader('mcp-session-id', 's-1');
      result({ protocolVersion: '2025-06-18', capabilities: {} });
    },
  };

  it('every request after the handshake carries the session id, and the session is ended once', async () => {
    await using server = await RawMcpServer.start(withSession);
    const raw = await connectRaw(server, { era: 'legacy' });
    await raw.call();
    await raw[Symbol.asyncDispose]();
    await raw.connection.close();
    expect(
      server.requests.map(({ method, message, headers }) => [message.method ?? method, headers['mcp-session-id']]),
    ).toEqual([
      ['initialize', undefined],
      ['notifications/initialized', 's-1'],
      ['tools/call', 's-1'],
      ['DELETE', 's-1'],
    ]);
  });

  it.each([
    [404, '', 'no'],
    [400, 'Session not found', 'maybe'],
    [410, '', 'maybe'],
    [400, '{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Session not found"}}', 'maybe'],
    [400, '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request: no valid session"}}', 'no'],
  ])(
    'a call fails if the server does not know its session (%i %s), and the error says if the call may have run',
    async (code, body, sent) => {
      await using server = await RawMcpServer.start({ ...withSession, 'tools/call': status(code, body) });
      await using raw = await connectRaw(server);
      await expect(raw.call()).rejects.toMatchObject({ code: 'TOOL_CALL_LOST', detail: { sent } });
    },
  );

  it.each([
    [400, '{"jsonrpc":"2.0","id":null,"error":{"code":-32602,"message":"bad"}}'],
    [400, ''],
    [500, ''],
    [429, ''],
  ])('a response with %i %s does not count as a lost session', async (code, body) => {
    await using server = await RawMcpServer.start({ ...withSession, 'tools/call': status(code, body) });
    await using raw = await connectRaw(server);
    await expect(raw.call()).rejects.toMatchObject({ code: 'TOOL_CALL_REJECTED', detail: { status: code } });
  });
});
