import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json as jsonOf } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { remote, startGateway } from '../../helpers/gateway-world.ts';
import { postLegacy } from '../../helpers/mcp-post.ts';
import { type Answer, RawMcpServer } from '../../helpers/raw-mcp-server.ts';

const list = (count: number, item: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => item(index)).join(',');

/** Results that would block the event loop for seconds, and the error that each result must cause. */
const HOSTILE: readonly (readonly [string, string, RegExp])[] = [
  ['30 MB of brackets', '['.repeat(30_000_000), /nests deeper than 128 levels/],
  ['129 levels', `${'['.repeat(129)}${']'.repeat(129)}`, /nests deeper than 128 levels/],
  ['30 MB of empty objects', `[${'{},'.repeat(10_000_000)}0]`, /holds more than 400 000 objects and arrays/],
  ['empty arrays in arrays', `[${'[[],[]],'.repeat(1_000_000)}0]`, /holds more than 400 000 objects and arrays/],
  ['400 000 members', `{${list(400_000, (index) => `"k${index}":1`)}}`, /holds more than 62 500 different names/],
];

type Message = Readonly<Record<string, unknown>> & { readonly id?: number; readonly method?: string };

const message = (id: unknown, result: string): string => `{"jsonrpc":"2.0","id":${String(id)},"result":${result}}`;

/** The ways in which a response can arrive over Streamable HTTP. */
const WAYS: Readonly<Record<string, (result: string) => Answer>> = {
  JSON: (result) => (request) => {
    request.response.setHeader('content-type', 'application/json');
    request.response.end(message(request.message.id, result));
  },
  'JSON in small pieces': (result) => (request) => {
    const text = message(request.message.id, result.slice(0, 3_000_000));
    request.response.setHeader('content-type', 'application/json');
    for (let at = 0; at < text.length; at += 10_000) request.response.write(text.slice(at, at + 10_000));
    request.response.end();
  },
  'a batch': (result) => (request) => {
    request.response.setHeader('content-type', 'application/json');
    request.response.end(`[${message(request.message.id, result)}]`);
  },
  'an event': (result) => (request) => {
    request.response.writeHead(200, { 'content-type': 'text/event-stream' });
    request.response.end(`data: ${message(request.message.id, result)}\n\n`);
  },
  'an HTTP 400': (result) => (request) => {
    request.response.writeHead(400, { 'content-type': 'application/json' });
    request.response.end(message(request.message.id, result));
  },
};

const deepFor = (server: RawMcpServer, way: string, result: string): void => {
  const { 'tools/call': usual } = server.answers;
  server.answers['tools/call'] = (request) => {
    const { arguments: args } = request.message.params as { readonly arguments?: { readonly evil?: boolean } };
    (args?.evil === true ? WAYS[way]?.(result) : usual)?.(request);
  };
};

describe.each(Object.keys(WAYS))('a result that is expensive to parse and comes as %s', (way) => {
  it.each(HOSTILE)('a result that is expensive to parse fails only its own call: %s', async (_, result, why) => {
    await using server = await RawMcpServer.start();
    deepFor(server, way, result);
    await using world = await startGateway({ a: remote(server) });
    const call = (evil: boolean): Promise<unknown> => world.manager.callTool('a.echo', { evil });
    const [hostile, other] = await Promise.allSettled([call(true), call(false)]);
    expect(hostile).toMatchObject({ status: 'rejected', reason: { code: expect.stringMatching(/^TOOL_/) } });
    if (way !== 'an HTTP 400' && way !== 'JSON in small pieces')
      expect(hostile).toMatchObject({ reason: { code: 'TOOL_CALL_REJECTED', message: expect.stringMatching(why) } });
    expect(other.status).toBe('fulfilled');
    expect(world.manager.connector('a')?.status?.state).toBe('ready');
    expect(await call(false)).toMatchObject({ content: [{ type: 'text' }] });
  });
});

describe('a hostile result that the gateway forwards in pieces', () => {
  it('the gateway stops forwarding a large result at the point where its JSON nests too deep', async () => {
    await using server = await RawMcpServer.start();
    deepFor(server, 'JSON', `{"content":[],"text":"${'x'.repeat(200_000)}","deep":${'['.repeat(2_000_000)}`);
    await using world = await startGateway({ a: remote(server) });
    const url = `${world.listener.url}/mcp`;
    const hostile = postLegacy(url, 'tools/call', { name: 'a__echo', arguments: { evil: true } });
    await expect(hostile).rejects.toThrow();
    expect((await postLegacy(url, 'tools/call', { name: 'a__echo' })).result).toBeDefined();
  });

  it('a client gets an error if the JSON of a result is nested too deeply at its very start', async () => {
    await using server = await RawMcpServer.start();
    deepFor(server, 'an event', '['.repeat(6_000_000));
    await using world = await startGateway({ a: remote(server) });
    const answer = await postLegacy(`${world.listener.url}/mcp`, 'tools/call', {
      ...{ name: 'a__echo', arguments: { evil: true } },
    });
    expect(answer.error).toMatchObject({ message: expect.stringMatching(/nests deeper than 128 levels/) });
  });
});

describe('a hostile handshake', () => {
  it.each(['JSON', 'a batch', 'an event'])(
    'an endlessly nested handshake response that comes as %s fails only its own connector',
    async (way) => {
      await using bad = await RawMcpServer.start({ initialize: WAYS[way]?.('['.repeat(30_000_000)) as Answer });
      await using good = await RawMcpServer.start();
      await using world = await startGateway({ bad: remote(bad), good: remote(good) });
      expect(world.manager.connector('bad')?.status?.lastError).toMatchObject({ code: 'CONNECTOR_CONNECT_FAILED' });
      expect(await world.manager.callTool('good.echo')).toMatchObject({ content: [{ type: 'text' }] });
    },
  );

  it('a handshake response of more than 1 MiB is rejected, even if its JSON does not nest deep', async () => {
    const instructions = JSON.stringify('x'.repeat(2_000_000));
    await using bad = await RawMcpServer.start({
      initialize: WAYS.JSON?.(
        `{"protocolVersion":"2025-11-25","capabilities":{},"instructions":${instructions}}`,
      ) as Answer,
    });
    await using world = await startGateway({ bad: remote(bad) });
    expect(world.manager.connector('bad')?.status?.lastError?.message).toMatch(/larger than 1048576 bytes/);
  });
});

/** Starts a server with the legacy SSE transport. The test itself writes the responses to calls. */
async function sseServer(onCall: (stream: ServerResponse, call: Message) => void) {
  let stream: ServerResponse | null = null;
  const results: Readonly<Record<string, object>> = {
    initialize: { protocolVersion: '2024-11-05', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] },
  };
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') {
      stream = response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: endpoint\ndata: /messages\n\n');
      return;
    }
    const asked = (await jsonOf(request)) as Message;
    response.writeHead(202).end();
    const result = results[asked.method ?? ''];
    if (stream !== null && asked.method === 'tools/call') onCall(stream, asked);
    else if (result !== undefined) stream?.write(`data: ${message(asked.id, JSON.stringify(result))}\n\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/sse`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('a hostile event of a legacy SSE server', () => {
  it.each(HOSTILE)(
    'a result over SSE that is expensive to parse fails only its own call, and the session stays open: %s',
    async (_, result, why) => {
      let calls = 0;
      await using server = await sseServer((stream, { id }) => {
        calls += 1;
        stream.write(`data: ${message(id, calls === 1 ? result : '{"content":[]}')}\n\n`);
      });
      await using world = await startGateway({ a: remote(server, { type: 'sse' }) });
      const hostile = world.manager.callTool('a.echo');
      await expect(hostile).rejects.toMatchObject({ code: 'TOOL_CALL_REJECTED', message: expect.stringMatching(why) });
      expect(await world.manager.callTool('a.echo')).toEqual({ content: [] });
      expect(world.manager.connector('a')?.status?.state).toBe('ready');
    },
  );
});

/** A stdio server that answers calls with its argument, and otherwise behaves well. */
const PROGRAM = `
const hostile = [() => '['.repeat(30e6), () => '['.repeat(129) + ']'.repeat(129), () => '[' + '{},'.repeat(10e6) + '0]',
  () => '[' + '[[],[]],'.repeat(1e6) + '0]', () => '{' + Array.from({ length: 4e5 }, (_, i) => '"k' + i + '":1').join() + '}'];
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  const result = (text) => process.stdout.write('{"jsonrpc":"2.0","id":' + id + ',"result":' + text + '}\\n');
  if (method === 'initialize' && process.argv[1] === 'handshake') result('['.repeat(30e6));
  else if (method === 'initialize')
    result('{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"p","version":"1"}}');
  else if (method === 'tools/list') result('{"tools":[{"name":"echo","inputSchema":{"type":"object"}}]}');
  else if (method === 'tools/call' && params.arguments.evil !== undefined) result(hostile[params.arguments.evil]());
  else if (method === 'tools/call') result('{"content":[]}');
  else process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: 'no' } }) + '\\n');
});`;

const program = (...args: readonly string[]): object => ({ command: process.execPath, args: ['-e', PROGRAM, ...args] });

describe('a hostile line of a stdio server', () => {
  it('a result of a stdio server that is expensive to parse fails only its own call, and the server keeps running', async () => {
    await using world = await startGateway({ a: program() });
    for (const [index, [, , why]] of HOSTILE.entries()) {
      const hostile = world.manager.callTool('a.echo', { evil: index });
      await expect(hostile).rejects.toMatchObject({ code: 'TOOL_CALL_REJECTED', message: expect.stringMatching(why) });
      expect(await world.manager.callTool('a.echo')).toEqual({ content: [] });
    }
  });

  it('an endlessly nested handshake response of a stdio server fails only its own connector', async () => {
    await using good = await RawMcpServer.start();
    await using world = await startGateway({ bad: program('handshake'), good: remote(good) });
    expect(world.manager.connector('bad')?.status?.lastError?.code).toMatch(/^CONNECTOR_|^TOOL_RESULT_TOO_LARGE/);
    expect(await world.manager.callTool('good.echo')).toMatchObject({ content: [{ type: 'text' }] });
  });
});

describe('a JSON-RPC error of several megabytes', () => {
  const data = JSON.stringify('x'.repeat(2_000_000));

  it.each(['application/json', 'text/event-stream'])(
    'a JSON-RPC error of several megabytes that comes as %s fails its call and is not forwarded to the client',
    async (type) => {
      await using server = await RawMcpServer.start();
      server.answers['tools/call'] = ({ message: { id }, response }) => {
        const text = `{"jsonrpc":"2.0","id":${String(id)},"error":{"code":-1,"message":"m","data":${data}}}`;
        response.writeHead(200, { 'content-type': type });
        response.end(type === 'application/json' ? text : `data: ${text}\n\n`);
      };
      await using world = await startGateway({ a: remote(server) });
      await expect(world.manager.callTool('a.echo', {})).rejects.toMatchObject({
        code: 'TOOL_CALL_REJECTED',
        message: expect.stringContaining('contains an error of more than 1048576 characters'),
      });
      const answer = await postLegacy(`${world.listener.url}/mcp`, 'tools/call', { name: 'a__echo' });
      expect(JSON.stringify(answer).length).toBeLessThan(2_000);
      expect(answer.error).toMatchObject({ message: expect.stringContaining('its answer has no result') });
    },
  );
});
