import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { secret } from '../../helpers/evidence.ts';
import { type ManagedFile, manageFile } from '../../helpers/local-file.ts';
import { RawMcpServer } from '../../helpers/raw-mcp-server.ts';
import { connectSse, noStreamLeft, RawSseServer, type SseAnswer } from '../../helpers/raw-sse-server.ts';

const SECRET = `Bearer ${secret('s3cret-of-the-entry')}`;
const OK = { content: [{ type: 'text', text: 'ok' }] };

/** Rejects a request. The response body repeats the request, including its credentials. */
const echoing =
  (status: number, headers: Readonly<Record<string, string>> = {}): SseAnswer =>
  ({ response, headers: sent, text }) =>
    void response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(`${inspect(sent)} ${text}`);

/** Opens an event stream whose endpoint URL contains no session id. */
const plain: SseAnswer = (_, server) => void server.openStream(server.endpoint('/messages'));

/** Creates a manager that connects to this server as connector `one`. */
async function managed(server: RawSseServer): Promise<ManagedFile> {
  const local = manageFile(
    { one: { type: 'sse', url: server.url.href, headers: { Authorization: SECRET } } },
    { random: { next: () => 0 } },
  );
  await local.manager.sync();
  return local;
}

const outcomeOf = (work: Promise<unknown>): Promise<{ code?: string; detail?: object }> =>
  work.then(
    () => ({}),
    (error: { code: string; detail: object }) => error,
  );

/** Returns as text everything that is visible of a failure: errors, status and logs. */
const shown = (...seen: readonly unknown[]): string => inspect(seen, { depth: 12, showHidden: true });

describe('a rejected POST over SSE', () => {
  it.each([400, 402, 403, 404, 405, 409, 413, 415, 422, 429, 500, 501, 502, 503, 504])(
    'a POST over SSE that is rejected with HTTP %i fails only its call, and the error shows no part of the body',
    async (status) => {
      await using server = await RawSseServer.start({ GET: plain, 'tools/call': echoing(status) });
      await using local = await managed(server);
      const outcomes = [];
      for (let call = 0; call < 10; call += 1)
        outcomes.push(await outcomeOf(local.manager.callTool('one.echo', { word: 'pa55word' })));
      const code = status === 403 ? 'CONNECTOR_REFUSED' : 'TOOL_CALL_REJECTED';
      for (const outcome of outcomes) expect(outcome).toMatchObject({ code, detail: { status } });
      expect([server.of('tools/call').length, server.streams.length]).toEqual([10, 1]);
      expect(local.manager.connector('one')?.status?.state).toBe('ready');
      expect(shown(outcomes, local.lines, local.manager.status())).not.toMatch(/s3cret|pa55word/);
    },
  );

  it('a POST over SSE that is rejected with HTTP 401 makes the connector reconnect once', async () => {
    await using server = await RawSseServer.start({ GET: plain, 'tools/call': echoing(401) });
    await using local = await managed(server);
    const outcome = await outcomeOf(local.manager.callTool('one.echo'));
    expect(outcome).toMatchObject({ code: 'CONNECTOR_REFUSED', detail: { status: 401 } });
    await eventually('it is back', () => server.streams.length === 2);
    expect(server.of('tools/call')).toHaveLength(1);
    expect(shown(outcome, local.lines)).not.toContain('s3cret');
  });

  it('if the POST of a call over SSE is rejected with HTTP 404, the call is sent once more in a new session', async () => {
    const refusals: SseAnswer[] = [echoing(404), ({ result }) => result(OK)];
    await using server = await RawSseServer.start({
      'tools/call': (request, it) => refusals.shift()?.(request, it),
    });
    await using local = await managed(server);
    await expect(local.manager.callTool('one.echo')).resolves.toEqual(OK);
    expect(server.of('tools/call').map(({ path }) => path)).toEqual(['/messages?sessionId=1', '/messages?sessionId=2']);
  });

  it('a POST over SSE that is rejected with HTTP 404 every time is sent at most twice', async () => {
    await using server = await RawSseServer.start({ 'tools/call': echoing(404) });
    await using local = await managed(server);
    const outcome = await outcomeOf(local.manager.callTool('one.echo'));
    expect(outcome).toMatchObject({ code: 'TOOL_CALL_LOST', detail: { sent: 'no', status: 404 } });
    expect(server.of('tools/call')).toHaveLength(2);
    expect(shown(outcome, local.lines)).not.toContain('s3cret');
  });

  it.each([400, 404, 500])(
    'a JSON-RPC message in the response to a POST over SSE settles the call, despite the status %i',
    async (status) => {
      let isError = false;
      await using server = await RawSseServer.start({
        'tools/call'({ message, response }) {
          const answer = isError ? { error: { code: -32_602, message: 'no such word' } } : { result: OK };
          const body = JSON.stringify({ jsonrpc: '2.0', id: message.id, ...answer });
          response.writeHead(status, { 'content-type': 'application/json' }).end(body);
        },
      });
      await using sse = await connectSse(server);
      await expect(sse.call()).resolves.toEqual(OK);
      isError = true;
      await expect(sse.call()).rejects.toMatchObject({ code: 'TOOL_CALL_REJECTED', detail: { rpcCode: -32_602 } });
      expect([server.of('tools/call').length, sse.lost]).toEqual([2, []]);
    },
  );

  it('a call over SSE fails even if the error response to its POST never ends', async () => {
    await using server = await RawSseServer.start({
      GET: plain,
      'tools/call': ({ response }) => void response.writeHead(500).write('so '),
    });
    await using sse = await connectSse(server);
    await expect(sse.call()).rejects.toMatchObject({ code: 'TOOL_CALL_REJECTED', detail: { status: 500 } });
  }, 10_000);

  it('calls over SSE are answered while the POST of other calls is rejected', async () => {
    await using server = await RawSseServer.start({
      GET: plain,
      'tools/call'(request, it) {
        const { word = 0 } = (request.message.params?.arguments ?? {}) as { word?: number };
        if (word % 2 === 0) echoing(503)(request, it);
        else setTimeout(() => request.result(OK), 50);
      },
    });
    await using sse = await connectSse(server);
    const settled = await Promise.allSettled([1, 2, 3, 4].map((word) => sse.call({ word })));
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    expect(sse.lost).toEqual([]);
  });

  it.each<[string, SseAnswer]>([
    ['rejected with 401', echoing(401)],
    ['rejected with 404', echoing(404)],
    ['cut off', ({ response }) => void response.destroy()],
  ])('a running call over SSE still gets its result if the POST of another call is %s', async (_, refuse) => {
    await using server = await RawSseServer.start({
      'tools/call'(request, it) {
        const { word = '' } = (request.message.params?.arguments ?? {}) as { word?: string };
        const { stream } = it;
        if (word === 'refused') return refuse(request, it);
        request.accept();
        if (word === 'slow') {
          const event = { jsonrpc: '2.0', id: request.message.id, result: OK };
          setTimeout(() => stream.write(`data: ${JSON.stringify(event)}\n\n`), 500);
        }
      },
    });
    await using local = await managed(server);
    const slow = local.manager.callTool('one.echo', { word: 'slow' });
    await eventually('it is under way', () => server.of('tools/call').length === 1);
    expect(await outcomeOf(local.manager.callTool('one.echo', { word: 'refused' }))).not.toEqual({});
    await expect(slow).resolves.toEqual(OK);
    await eventually('it is back', () => local.manager.connector('one')?.status?.state === 'ready');
    await eventually('the stream before is closed', () => server.openStreams === 1);
    expect(server.streams.length).toBeGreaterThan(1);
  });

  it('the connection over SSE continues after the server has rejected a response of the host', async () => {
    await using server = await RawSseServer.start({ answer: echoing(500) });
    await using sse = await connectSse(server);
    server.send({ jsonrpc: '2.0', id: 1, method: 'ping' });
    await eventually('it was refused', () => server.of('POST').length >= 1);
    await expect(sse.call()).resolves.toMatchObject({ content: [{ type: 'text' }] });
    expect(sse.lost).toEqual([]);
  });
});

describe('a response over SSE that says that the session is unknown', () => {
  const lost = (id: unknown): object => ({
    jsonrpc: '2.0',
    id,
    error: { code: -32_600, message: 'Session not found' },
  });

  it.each<[string, SseAnswer]>([
    ['the event stream', ({ accept, message, send }) => [accept(), send(lost(message.id))]],
    [
      'the response to its POST',
      ({ message, response }) =>
        void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(lost(message.id))),
    ],
  ])(
    'a tool call over SSE that gets "Session not found" in %s fails with that error, and a new session starts',
    async (_, answer) => {
      await using server = await RawSseServer.start({ 'tools/call': answer });
      await using local = await managed(server);
      const outcome = await outcomeOf(local.manager.callTool('one.echo'));
      expect(outcome).toMatchObject({ code: 'TOOL_CALL_REJECTED', detail: { sent: 'maybe', rpcCode: -32_600 } });
      await eventually('the session is renewed', () => server.streams.length === 2);
      expect(server.of('tools/call')).toHaveLength(1);
    },
  );

  it('a read over SSE that is answered with "Session not found" is sent again in a new session', async () => {
    let isLost = true;
    await using server = await RawSseServer.start({
      initialize: ({ result }) => result({ protocolVersion: '2024-11-05', capabilities: { tools: {}, prompts: {} } }),
      'prompts/list'({ accept, message, result, send }) {
        if (!isLost) return result({ prompts: [] });
        isLost = false;
        accept();
        send(lost(message.id));
      },
    });
    await using local = await managed(server);
    await expect(local.manager.request('one', 'prompts/list', {})).resolves.toEqual({ prompts: [] });
    expect([server.of('prompts/list').length, server.streams.length]).toEqual([2, 2]);
  });
});

describe('a rejected handshake over SSE', () => {
  it.each<[string, string, Readonly<Record<string, SseAnswer>>, object, RegExp]>([
    [
      'the GET of the stream',
      'GET',
      { GET: echoing(404) },
      { status: 404 },
      /the GET of the event stream .* HTTP 404 \(text\/plain\)/,
    ],
    [
      'the GET of the stream, with a Retry-After',
      'GET',
      { GET: echoing(503, { 'retry-after': '7' }) },
      { retryAfterMs: 7_000 },
      /503/,
    ],
    [
      'the GET of the stream, with a page as the response',
      'GET',
      { GET: echoing(200) },
      { status: 200 },
      /HTTP 200 \(text\/plain\)/,
    ],
    [
      'the GET of the stream, with an empty response',
      'GET',
      { GET: ({ response }) => void response.writeHead(204).end() },
      {},
      /HTTP 204/,
    ],
    [
      'initialize',
      'initialize',
      { initialize: echoing(400) },
      { status: 400 },
      /initialize was answered with HTTP 400/,
    ],
    [
      'initialized',
      'notifications/initialized',
      { 'notifications/initialized': echoing(405) },
      { status: 405 },
      /initialized was .* 405/,
    ],
  ])(
    'a handshake over SSE that is rejected at %s fails, and the error shows no part of the body',
    async (_, kind, answers, detail, words) => {
      await using server = await RawSseServer.start(answers);
      const failure = await connectSse(server, { headers: { authorization: SECRET } }).catch((error) => error);
      expect(failure).toMatchObject({ code: 'CONNECTOR_CONNECT_FAILED', detail });
      expect(failure.message).toMatch(words);
      expect(shown(failure)).not.toContain('s3cret');
      expect(server.of(kind)).toHaveLength(1);
      await noStreamLeft(server);
    },
  );

  it('a handshake over SSE that is rejected with a Retry-After is retried after that time', async () => {
    const times: number[] = [];
    await using server = await RawSseServer.start({
      GET(request, it) {
        times.push(performance.now());
        if (times.length === 1) echoing(429, { 'retry-after': '1' })(request, it);
        else it.openStream();
      },
    });
    await using local = manageFile({ one: { type: 'sse', url: server.url.href } }, { random: { next: () => 0 } });
    void local.manager.sync().catch(() => {});
    await eventually('it is up', () => local.manager.connector('one')?.status?.state === 'ready');
    expect([times.length, (times[1] ?? 0) - (times[0] ?? 0) >= 990]).toEqual([2, true]);
  });

  it.each([401, 403])(
    'a handshake over SSE that is rejected with HTTP %i is reported as rejected credentials',
    async (status) => {
      await using server = await RawSseServer.start({ GET: echoing(status) });
      const failure = await connectSse(server, { headers: { authorization: SECRET } }).catch((error) => error);
      expect(failure).toMatchObject({ code: 'CONNECTOR_REFUSED', detail: { status } });
      expect(shown(failure)).not.toContain('s3cret');
    },
  );

  it('a handshake over SSE does not follow a redirect to another origin', async () => {
    await using server = await RawSseServer.start({ GET: echoing(302, { location: 'http://evil.test/sse' }) });
    await expect(connectSse(server)).rejects.toMatchObject({ code: 'CONNECTOR_REDIRECTED' });
  });
});

describe('a server without a configured transport', () => {
  it.each<[string, SseAnswer]>([
    ['rejects POST with 405', ({ response }) => void response.writeHead(405).end()],
    ['rejects POST with 404', ({ response }) => void response.writeHead(404).end('<p>')],
    ['rejects POST with 400', ({ response }) => void response.writeHead(400).end('no session')],
    [
      'answers POST with an event stream that holds an endpoint',
      ({ response }) =>
        void response
          .writeHead(200, { 'content-type': 'text/event-stream' })
          .write('event: endpoint\ndata: /other\n\n'),
    ],
  ])('a server without a configured transport that %s is reached over SSE', async (_, answer) => {
    await using server = await RawSseServer.start({
      initialize(request, it) {
        if (request.path === '/sse') answer(request, it);
        else request.result({ protocolVersion: '2024-11-05', capabilities: { tools: {} } });
      },
      // This request is sent in parallel to `server/discover`, to the same URL.
      'tools/list'(request, it) {
        if (request.path === '/sse') answer(request, it);
        else request.result({ tools: [{ name: 'echo', inputSchema: { type: 'object' } }] });
      },
      'server/discover': answer,
    });
    await using local = manageFile({ one: { url: server.url.href } });
    await local.manager.sync();
    expect(local.manager.status().connectors[0]).toMatchObject({ state: 'ready', transport: 'sse' });
    await expect(local.manager.callTool('one.echo')).resolves.toMatchObject({ content: [{ type: 'text' }] });
    expect(server.streams).toHaveLength(1);
  });

  it('if no transport is configured, the connection error describes the response of the server to Streamable HTTP', async () => {
    await using server = await RawMcpServer.start({
      initialize: ({ response }) => void response.writeHead(400, { 'content-type': 'text/plain' }).end('x'),
    });
    await using local = manageFile({ one: { url: server.url.href } });
    await local.manager.sync().catch(() => {});
    await eventually('it failed', () => local.manager.connector('one')?.status?.state === 'backing-off');
    expect(shown(local.manager.status().connectors[0])).toMatch(
      /initialize was answered with HTTP 400 \(text\/plain\)/,
    );
    expect(server.of('GET')).toHaveLength(1);
  });
});
