import { connect, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { serveStdio } from '../../../src/main/gateway/stdio/stdio-listener.ts';
import { eventually } from '../../helpers/eventually.ts';
import { remote, startGateway } from '../../helpers/gateway-world.ts';
import { postLegacy } from '../../helpers/mcp-post.ts';
import { RawMcpServer } from '../../helpers/raw-mcp-server.ts';

const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** Opens a socket to the gateway. The functions return the text and the error that it has received so far. */
function dial(url: string): { readonly socket: Socket; readonly answer: () => string; readonly error: () => string } {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  let [text, failure] = ['', ''];
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    failure = error.code ?? 'error';
  });
  sockets.push(socket);
  return { socket, answer: () => text, error: () => failure };
}

/** Sends bytes unchanged, and resolves with the whole response. */
async function raw(url: string, request: string): Promise<string> {
  const { socket, answer } = dial(url);
  socket.write(request);
  await new Promise((resolve) => socket.once('close', resolve));
  return answer();
}

const post = (url: string, body: string, token?: string): Promise<Response> =>
  fetch(`${url}/mcp`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
  });

const TOKENS = ['token-of-the-first-client', 'token-of-the-second-client'];
const head = (token: string | null, length: number): string =>
  `POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n${
    token === null ? '' : `authorization: Bearer ${token}\r\n`
  }\r\n`;

describe('hostile JSON from a client', () => {
  const BODIES: readonly (readonly [string, string, string])[] = [
    ['4 MB of brackets', '['.repeat(4_000_000), 'The body nests deeper than 128 levels'],
    [
      'parameters that nest 500 levels deep',
      `{"jsonrpc":"2.0","id":1,"method":"ping","params":${'{"a":'.repeat(500)}`,
      'deeper than 128',
    ],
    ['a batch of empty objects', `[${'{},'.repeat(1_300_000)}{}]`, 'The body holds more than 400 000 objects'],
    ['129 brackets', '['.repeat(129), 'The body nests deeper than 128 levels'],
  ];

  it.each(BODIES)('hostile JSON from a client is rejected over HTTP with 400 and -32700: %s', async (_, body, why) => {
    await using world = await startGateway({}, { limits: { maxBodyBytes: 4_194_304 } });
    const answer = await post(world.listener.url, body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { code: -32_700, message: expect.stringContaining(why) } });
    expect((await postLegacy(`${world.listener.url}/mcp`, 'ping')).result).toEqual({});
  });

  it('after hostile JSON over stdio is rejected with -32700, the gateway still serves the client', async () => {
    await using world = await startGateway({});
    const [input, output] = [new PassThrough(), new PassThrough()];
    let text = '';
    output.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    const view = world.gateway.view();
    if (view === undefined) throw new Error('There is no view');
    const served = serveStdio({ gateway: world.gateway, view, input, output, maxMessageBytes: 4_194_304 });
    for (const [, body] of BODIES) input.write(`${body}\n`);
    input.write('{"jsonrpc":"2.0","id":7,"method":"ping"}\n');
    await eventually('all lines are answered', () => text.includes('"id":7'));
    expect(text.match(/-32700/g)).toHaveLength(BODIES.length);
    input.end();
    await served;
  });
});

describe('unfinished bodies', () => {
  it('the gateway limits the memory for unfinished request bodies, and a later complete request is answered', async () => {
    const limits = { maxBodyBytes: 1_000_000, maxBodiesBytes: 4_000_000, maxConnections: 500 };
    await using world = await startGateway({}, { limits });
    const { url } = world.listener;
    const before = process.memoryUsage().rss;
    const held = Array.from({ length: 100 }, () => dial(url));
    for (const { socket } of held) socket.write(head(null, 1_000_000) + 'x'.repeat(900_000));
    await eventually('most are refused', () => held.filter(({ answer }) => answer().includes('503')).length >= 90);
    expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000);
    // The unfinished bodies receive no more data, so the gateway drops them after a second.
    await eventually('a large body gets through', async () => {
      const answer = await post(url, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', x: 'x'.repeat(500_000) }));
      return answer.status === 200;
    });
    expect(held.some(({ answer }) => answer().includes('retry-after: 1'))).toBe(true);
  });

  it('unfinished request bodies of one token use at most half of the memory limit, so another token is served', async () => {
    const limits = { maxBodyBytes: 1_000_000, maxBodiesBytes: 4_000_000 };
    await using world = await startGateway({}, { limits, listener: { tokens: TOKENS } });
    const { url } = world.listener;
    const held = Array.from({ length: 10 }, () => dial(url));
    for (const { socket } of held) socket.write(head(TOKENS[0] ?? '', 1_000_000) + 'x'.repeat(900_000));
    await eventually('those beyond its half are refused', () => held.some(({ answer }) => answer().includes('503')));
    const ping = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', x: 'x'.repeat(900_000) });
    const answers = await Promise.all([post(url, ping, TOKENS[1]), post(url, ping, TOKENS[1])]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  });

  it('a request whose body arrives too slowly is answered with 408', async () => {
    await using world = await startGateway({}, { limits: { requestTimeoutMs: 300 } });
    const { socket, answer } = dial(world.listener.url);
    socket.write(`${head(null, 100)}{`);
    await eventually('it is told so', () => answer().startsWith('HTTP/1.1 408'));
  });
});

describe('a body over the size limit', () => {
  it.each([
    ['with a content-length', `content-length: 30000000`],
    ['in chunks', 'transfer-encoding: chunked'],
  ])('a client can read the 413 response while it still sends a body over the size limit (%s)', async (_, framing) => {
    await using world = await startGateway({}, { limits: { maxBodyBytes: 1_000_000 } });
    const { socket, answer, error } = dial(world.listener.url);
    socket.write(`POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${framing}\r\n\r\n`);
    const piece = framing.startsWith('content') ? 'x'.repeat(1_000_000) : `f4240\r\n${'x'.repeat(1_000_000)}\r\n`;
    for (let index = 0; index < 30 && error() === ''; index += 1)
      await new Promise<void>((resolve) => socket.write(piece, () => resolve()));
    if (!framing.startsWith('content')) socket.write('0\r\n\r\n');
    await eventually('the connection is closed', () => socket.closed);
    expect([error(), answer().split('\r\n')[0]]).toEqual(['', 'HTTP/1.1 413 Payload Too Large']);
    expect(answer()).toMatch(/connection: close/i);
    expect(answer()).toContain('A request must have at most 1000000 bytes');
  });

  it('a client that sends "Expect: 100-continue" gets 413 before it sends a body over the size limit', async () => {
    await using world = await startGateway({}, { limits: { maxBodyBytes: 1_000 } });
    const { socket, answer } = dial(world.listener.url);
    socket.write(head(null, 2_000).replace('\r\n\r\n', '\r\nexpect: 100-continue\r\n\r\n'));
    await eventually('it is refused', () => answer().includes('413'));
    expect(answer()).not.toContain('100 Continue');
  });

  it('a client that uses fetch() can read the 413 response to a body over the size limit', async () => {
    await using world = await startGateway({}, { limits: { maxBodyBytes: 1_000 } });
    const answer = await post(world.listener.url, 'x'.repeat(20_000_000));
    expect([answer.status, await answer.json()]).toMatchObject([413, { error: { message: /at most 1000 bytes/ } }]);
  });
});

describe('sessions', () => {
  const initialize = (url: string, token: string): Promise<Response> => {
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } };
    return post(url, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }), token);
  };

  it('if one token exceeds the session limit, only sessions of that token are closed', async () => {
    await using world = await startGateway({}, { limits: { maxSessions: 20 }, listener: { tokens: TOKENS } });
    const { url } = world.listener;
    const session = (await initialize(url, TOKENS[1] ?? '')).headers.get('mcp-session-id') ?? '';
    for (let index = 0; index < 60; index += 1) expect((await initialize(url, TOKENS[0] ?? '')).status).toBe(200);
    const headers = { 'mcp-session-id': session, authorization: `Bearer ${TOKENS[1]}` };
    expect((await postLegacy(`${url}/mcp`, 'ping', {}, { headers })).status).toBe(200);
  });

  it('another token can still open its first session after one token has used up the session limit', async () => {
    await using world = await startGateway({}, { limits: { maxSessions: 3 }, listener: { tokens: TOKENS } });
    const { url } = world.listener;
    for (let index = 0; index < 3; index += 1) {
      const opened = await initialize(url, TOKENS[0] ?? '');
      const headers = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '', accept: 'text/event-stream' };
      // An open notification stream keeps the session in use.
      void fetch(`${url}/mcp`, { headers: { ...headers, authorization: `Bearer ${TOKENS[0]}` } }).catch(() => {});
    }
    expect((await initialize(url, TOKENS[1] ?? '')).status).toBe(200);
  });
});

describe('calls that never end', () => {
  it('calls that never end use at most half of the concurrency limit if they all have the same token', async () => {
    await using server = await RawMcpServer.start({ 'tools/call': () => {} });
    const limits = { maxConcurrent: 4 };
    await using world = await startGateway({ a: remote(server) }, { limits, listener: { tokens: TOKENS } });
    const { url } = world.listener;
    const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a__echo' } });
    for (let index = 0; index < 2; index += 1) void post(url, call, TOKENS[0]).catch(() => {});
    await eventually('both are at the connector', () => server.of('tools/call').length === 2);
    const ping = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
    expect((await post(url, ping, TOKENS[0])).status).toBe(503);
    expect((await post(url, ping, TOKENS[1])).status).toBe(200);
  });
});

describe('malformed requests', () => {
  const get = (...lines: readonly string[]): string =>
    `${['GET /healthz HTTP/1.1', ...lines, 'connection: close'].join('\r\n')}\r\n\r\n`;

  it.each([
    ['two Host headers', get('host: localhost', 'host: localhost'), 400],
    ['two different Host headers', get('host: localhost', 'Host: evil.example'), 400],
    ['no Host header', get(), 400],
    ['a Host with a user', get('host: localhost@evil.example'), 400],
    ['a Host with an invalid port', get('host: localhost:99999'), 400],
    ['two Origin headers', get('host: localhost', 'origin: http://localhost', 'origin: http://localhost'), 400],
    ['two Authorization headers', get('host: localhost', 'authorization: Bearer a', 'authorization: Bearer b'), 400],
    ['two content-lengths', get('host: localhost', 'content-length: 1', 'content-length: 2'), 400],
    ['a content-length and chunks', get('host: localhost', 'content-length: 1', 'transfer-encoding: chunked'), 400],
    ['a folded header', get('host: localhost', 'x: a', ' b'), 400],
    ['a header without a name', get('host: localhost', ': b'), 400],
    ['a space before a colon', get('host : localhost'), 400],
    ['an overlong header', get('host: localhost', `x: ${'x'.repeat(20_000)}`), 431],
    ['an overlong address', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`, 431],
    ['an absolute request target', get('host: localhost').replace('/healthz', 'http://localhost/healthz'), 400],
    ['HTTP/0.9', 'GET /healthz\r\n\r\n', 400],
    ['CONNECT', 'CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example:443\r\n\r\n', 405],
    ['TRACE', 'TRACE /mcp HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n', 405],
  ])('a malformed HTTP request is rejected: %s', async (_, request, status) => {
    await using world = await startGateway({});
    expect(await raw(world.listener.url, request)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it('the gateway ignores the Upgrade header of a request', async () => {
    await using world = await startGateway({});
    const upgrade = get('host: localhost', 'upgrade: websocket').replace(
      'connection: close',
      'connection: upgrade, close',
    );
    expect(await raw(world.listener.url, upgrade)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('a request with two different session ids is rejected with 404', async () => {
    await using world = await startGateway({});
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
    const request = head(null, body.length).replace('\r\n\r\n', '\r\nmcp-session-id: a\r\nmcp-session-id: b\r\n\r\n');
    const { socket, answer } = dial(world.listener.url);
    socket.write(request + body);
    await eventually('it is answered', () => answer().startsWith('HTTP/1.1 404'));
  });

  it('a request with a compressed body is rejected with 415', async () => {
    await using world = await startGateway({});
    const answer = await fetch(`${world.listener.url}/mcp`, {
      ...{ method: 'POST', body: 'x' },
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    });
    expect(answer.status).toBe(415);
  });
});
