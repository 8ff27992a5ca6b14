import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { View } from '../../../src/main/gateway/catalog/view.ts';
import { serveStdio } from '../../../src/main/gateway/stdio/stdio-listener.ts';
import { eventually } from '../../helpers/eventually.ts';
import { remote, startGateway, type WorldOptions } from '../../helpers/gateway-world.ts';
import { envelope, eventsOf, openStream, post, postLegacy } from '../../helpers/mcp-post.ts';
import { type Answer, RawMcpServer, type RawRequest } from '../../helpers/raw-mcp-server.ts';

type Json = Readonly<Record<string, unknown>>;

const REVISION = '2025-03-26';

const request = (id: unknown, method: string, params: Json = {}): Json => ({ jsonrpc: '2.0', id, method, params });
const call = (id: unknown, args: Json = {}): Json => request(id, 'tools/call', { name: 'a__echo', arguments: args });

/** The response to a batch. Its messages come from an array or from an event stream. */
interface Answered {
  readonly status: number;
  readonly type: string | null;
  readonly answers: readonly Json[];
}

async function send(url: string, batch: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify(batch),
  });
  const text = await response.text();
  const type = response.headers.get('content-type');
  if (type === 'text/event-stream') return { status: response.status, type, answers: eventsOf(text) };
  const value = (text === '' ? [] : JSON.parse(text)) as Json | readonly Json[];
  return { status: response.status, type, answers: Array.isArray(value) ? value : [value as Json] };
}

/** Opens a session with a protocol version that has batches, and returns the headers that identify it. */
async function open(url: string, capabilities: Json = {}, protocolVersion = REVISION) {
  const params = { protocolVersion, capabilities, clientInfo: { name: 't', version: '1' } };
  const { headers, result } = await postLegacy(url, 'initialize', params);
  expect(result.protocolVersion).toBe(protocolVersion);
  return { 'mcp-session-id': headers.get('mcp-session-id') ?? '' };
}

async function worldOf(answers: Readonly<Record<string, Answer>> = {}, options: WorldOptions = {}) {
  const server = await RawMcpServer.start(answers);
  const world = await startGateway({ a: remote(server) }, options);
  return {
    ...{ server, world, url: `${world.listener.url}/mcp` },
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe('a batch over HTTP', () => {
  it('a batch over HTTP is answered with one array, in which each request has its own result or error', async () => {
    await using at = await worldOf();
    const batch = [
      request(1, 'ping'),
      call('one', { q: 1 }),
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      request(2.5, 'nonsense'),
      request(3, 'tools/list', { cursor: null }),
      request(4, 'tools/call', { name: 'nobody' }),
      request(5, 'initialize', { protocolVersion: REVISION }),
      request(6, 'tools/list', { _meta: envelope() }),
      { id: 7 },
      'junk',
    ];
    for (const headers of [await open(at.url), await open(at.url, {}, '2024-11-05'), {}]) {
      const { status, type, answers } = await send(at.url, batch, headers);
      expect([status, type]).toEqual([200, 'application/json']);
      const byId = new Map(answers.map((answer) => [answer.id, answer]));
      expect([...byId.keys()]).toHaveLength(9);
      expect(byId.get(1)).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
      expect(JSON.stringify(byId.get('one'))).toContain('\\"q\\":1');
      expect(byId.get(2.5)).toMatchObject({ error: { code: -32_601 } });
      expect(byId.get(3)).toMatchObject({ result: { tools: [{ name: 'a__echo' }] } });
      expect(byId.get(4)).toMatchObject({ error: { code: -32_602 } });
      for (const id of [5, 6, 7, undefined]) expect(byId.get(id)).toMatchObject({ error: { code: -32_600 } });
    }
  });

  it('a batch over HTTP runs its requests in parallel', async () => {
    const held: RawRequest[] = [];
    await using at = await worldOf({ 'tools/call': (one) => void held.push(one) });
    const answering = send(at.url, [call(1), call(2), call(3)], await open(at.url));
    await eventually('all are at the connector', () => held.length === 3);
    for (const one of held.reverse()) one.result({ content: [] });
    expect((await answering).answers.map(({ id }) => id).sort()).toEqual([1, 2, 3]);
  });

  it('a batch over HTTP is answered with an event stream if progress or a server request precedes the responses', async () => {
    const calls = new Map<unknown, RawRequest>();
    await using at = await worldOf({
      'tools/call': (one) => {
        const { _meta: meta } = one.message.params as { readonly _meta: { readonly progressToken: unknown } };
        const { progressToken } = meta;
        one.events({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, progress: 1 } });
        calls.set(`q${one.message.id}`, one);
        one.events(request(`q${one.message.id}`, 'elicitation/create', { message: '?' }));
      },
      answer: ({ message, response }) => {
        response.writeHead(202).end();
        const one = calls.get(message.id);
        one?.events({ jsonrpc: '2.0', id: one.message.id, result: { content: [], answered: message.result } });
        one?.response.end();
      },
    });
    const session = await open(at.url, { elicitation: {} });
    const params = { name: 'a__echo', _meta: { progressToken: 0 } };
    const body = JSON.stringify([
      request(1, 'tools/call', params),
      request(2, 'tools/call', params),
      request(3, 'ping'),
    ]);
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...session };
    await using stream = await openStream(at.url, { method: 'POST', headers, body });
    const questions = () => stream.messages.filter(({ method }) => method === 'elicitation/create');
    await eventually('both ask', () => questions().length === 2);
    // The client may answer in a batch, too.
    const answers = questions().map(({ id }) => ({ jsonrpc: '2.0', id, result: { action: 'decline' } }));
    expect(await send(at.url, answers, session)).toEqual({ status: 202, type: null, answers: [] });
    await eventually('all are answered', () => stream.messages.filter(({ result }) => result).length === 3);
    const results = new Map(stream.messages.filter(({ result }) => result).map(({ id, result }) => [id, result]));
    expect(results.get(1)).toEqual({ content: [], answered: { action: 'decline' } });
    expect(results.get(2)).toEqual({ content: [], answered: { action: 'decline' } });
    expect(results.get(3)).toEqual({});
    const tokens = stream.messages.filter(({ method }) => method === 'notifications/progress');
    expect(tokens).toHaveLength(2);
    for (const { params: notice } of tokens) expect(notice).toMatchObject({ progressToken: 0 });
  });

  it('a batch over HTTP is answered with an event stream if the client accepts no other content type', async () => {
    await using at = await worldOf();
    const headers = { ...(await open(at.url)), accept: 'text/event-stream' };
    const { type, answers } = await send(at.url, [request(1, 'ping'), request(2, 'ping')], headers);
    expect([type, answers.map(({ id }) => id)]).toEqual(['text/event-stream', [1, 2]]);
  });

  it('a batch over HTTP can consist of notifications only, such as a notification that cancels a request', async () => {
    await using at = await worldOf({ 'tools/call': () => {} });
    const session = await open(at.url);
    const answering = post(at.url, call('slow'), { headers: session });
    await eventually('it is called', () => at.server.of('tools/call').length === 1);
    const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'slow' } };
    const unknown = { ...cancelled, params: { requestId: 'nobody' } };
    expect((await send(at.url, [unknown, cancelled], session)).status).toBe(202);
    expect((await answering).error.data).toMatchObject({ code: 'TOOL_CALL_ABORTED' });
    expect((await send(at.url, [{ jsonrpc: '2.0', id: 'x', result: {} }])).status).toBe(404);
  });

  it('a batch over HTTP is rejected if it is empty, too long, or sent with a protocol version without batches', async () => {
    await using at = await worldOf();
    const pings = (count: number) => Array.from({ length: count }, (_, id) => request(id, 'ping'));
    const refused = async (batch: unknown, headers: Readonly<Record<string, string>>) => {
      const { status, answers } = await send(at.url, batch, headers);
      const [{ error }] = answers as [{ readonly error: { readonly code: number } }];
      return [status, error.code];
    };
    const session = await open(at.url);
    expect(await refused(pings(1), await open(at.url, {}, '2025-06-18'))).toEqual([400, -32_600]);
    expect(await refused(pings(1), { 'mcp-protocol-version': '2025-11-25' })).toEqual([400, -32_600]);
    expect(await refused(pings(1), { 'mcp-protocol-version': '2026-07-28' })).toEqual([400, -32_600]);
    expect(await refused([], session)).toEqual([400, -32_600]);
    expect(await refused(pings(101), session)).toEqual([400, -32_600]);
    expect(await refused(pings(1), { 'mcp-session-id': 'nobody' })).toEqual([404, -32_001]);
    expect((await send(at.url, pings(100), session)).answers).toHaveLength(100);
  });

  it('each request of a batch over HTTP counts towards the concurrency limit, and needs an id of its own', async () => {
    const held: RawRequest[] = [];
    await using at = await worldOf({ 'tools/call': (one) => void held.push(one) }, { limits: { maxConcurrent: 2 } });
    const session = await open(at.url);
    const answering = send(at.url, [call(1), call(1)], session);
    await eventually('one is at the connector', () => held.length === 1);
    const { status, answers } = await send(at.url, [request(3, 'ping'), request(4, 'ping')], session);
    expect([status, answers]).toEqual([
      200,
      expect.arrayContaining([
        { jsonrpc: '2.0', id: 3, result: {} },
        { jsonrpc: '2.0', id: 4, error: expect.objectContaining({ code: -32_000 }) },
      ]),
    ]);
    held[0]?.result({ content: [] });
    expect((await answering).answers).toEqual([
      { jsonrpc: '2.0', id: 1, error: expect.objectContaining({ code: -32_600 }) },
      { jsonrpc: '2.0', id: 1, result: { content: [] } },
    ]);
    expect(held).toHaveLength(1);
  });

  it('all requests of a batch over HTTP are cancelled when the client disconnects', async () => {
    await using at = await worldOf({ 'tools/call': () => {} });
    const abort = new AbortController();
    const headers = { 'content-type': 'application/json', accept: 'application/json', ...(await open(at.url)) };
    const batch = Array.from({ length: 20 }, (_, id) => call(id));
    const sent = fetch(at.url, { method: 'POST', headers, signal: abort.signal, body: JSON.stringify(batch) });
    await eventually('all are at the connector', () => at.server.of('tools/call').length === 20);
    abort.abort();
    await expect(sent).rejects.toThrow();
    await eventually('all are cancelled', () => at.server.of('notifications/cancelled').length === 20);
    expect(at.world.gateway.server.running).toBe(0);
  });

  it('the responses to a batch over HTTP have at most 16 MiB, and an error replaces each further response', async () => {
    const text = 'x'.repeat(6 * 1024 * 1024);
    await using at = await worldOf({
      'tools/call': ({ result }) => result({ content: [{ type: 'text', text }] }),
    });
    const { answers } = await send(at.url, [call(1), call(2), call(3), call(4)], await open(at.url));
    expect(answers.map(({ result, error }) => [result !== undefined, error !== undefined]).sort()).toEqual([
      [false, true],
      [false, true],
      [true, false],
      [true, false],
    ]);
  });
});

describe('a batch over stdio', () => {
  it('a batch over stdio is answered with one array on one line', async () => {
    await using at = await worldOf();
    const [input, output] = [new PassThrough(), new PassThrough()];
    const view = at.world.gateway.view() as View;
    const served = serveStdio({ gateway: at.world.gateway, view, input, output, maxMessageBytes: 100_000 });
    let text = '';
    output.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    const lines = () => {
      const messages = text.split('\n').filter((line) => line !== '');
      return messages.map((line) => JSON.parse(line)).filter(({ method }: { readonly method?: string }) => !method);
    };
    const write = (value: unknown) => input.write(`${JSON.stringify(value)}\n`);
    write(request(1, 'initialize', { protocolVersion: REVISION, capabilities: {} }));
    write([call(2), request(3, 'ping'), { jsonrpc: '2.0', method: 'notifications/initialized' }, 7]);
    write([{ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 9 } }]);
    await eventually('both are answered', () => lines().length === 2);
    const answers = lines()[1] as readonly Json[];
    expect(answers.map(({ id }) => id).sort()).toEqual([2, 3, undefined]);
    expect(answers.find(({ id }) => id === 3)).toEqual({ jsonrpc: '2.0', id: 3, result: {} });
    write([]);
    write(request(4, 'initialize', { protocolVersion: '2025-06-18', capabilities: {} }));
    write([request(5, 'ping')]);
    await eventually('all are answered', () => lines().length === 5);
    expect(lines()[2]).toMatchObject({ error: { code: -32_600 } });
    expect(lines()[4]).toMatchObject({ error: { code: -32_600 } });
    input.end();
    await served;
  });
});
