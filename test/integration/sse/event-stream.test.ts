import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { connectSse, noStreamLeft, RawSseServer, type SseAnswer } from '../../helpers/raw-sse-server.ts';

const OK = { content: [{ type: 'text', text: 'grüße 世界' }] };
const answerTo = (id: unknown): string => JSON.stringify({ jsonrpc: '2.0', id, result: OK });

/** Answers a call by writing `bytes` to the event stream. */
const writing =
  (bytes: (id: unknown) => string): SseAnswer =>
  ({ accept, message }, { stream }) => {
    accept();
    stream.write(bytes(message.id));
  };

describe('the event stream of an SSE server', () => {
  it.each<[string, (id: unknown) => string]>([
    ['one event', (id) => `event: message\ndata: ${answerTo(id)}\n\n`],
    ['an event without a type', (id) => `data: ${answerTo(id)}\n\n`],
    ['an event with an id and a pause', (id) => `id: 7\nretry: 50\ndata: ${answerTo(id)}\n\n`],
    ['an event with lines that end with CR', (id) => `event: message\rdata: ${answerTo(id)}\r\r`],
    ['an event with lines that end with CRLF', (id) => `event: message\r\ndata: ${answerTo(id)}\r\n\r\n`],
    ['an event with data on several lines', (id) => `data: ${answerTo(id).replaceAll(',', ',\ndata: ')}\n\n`],
    ['an event whose field has no space', (id) => `data:${answerTo(id)}\n\n`],
    ['an event after comments', (id) => `: ping\n\n:\n: more\ndata: ${answerTo(id)}\n\n`],
    ['an event after events of unknown types', (id) => `event: ping\ndata: {}\n\ndata: ${answerTo(id)}\n\n`],
    ['an event after events that are not JSON', (id) => `data: {"jsonrpc":\n\ndata\n\ndata: ${answerTo(id)}\n\n`],
    ['an event after values that are not messages', (id) => `data: null\n\ndata: 7\n\ndata: ${answerTo(id)}\n\n`],
    ['an event with unknown fields', (id) => `what: 1\nretry: soon\ndata: ${answerTo(id)}\n\n`],
    ['an event with a batch', (id) => `data: [{"jsonrpc":"2.0","method":"notifications/x"},${answerTo(id)}]\n\n`],
    [
      'an event whose response has a null error',
      (id) => `data: ${answerTo(id).replace('"result"', '"error":null,"result"')}\n\n`,
    ],
    ['an event whose response has a string as id', (id) => `data: ${answerTo(String(id))}\n\n`],
  ])('an SSE server can send a response as %s', async (_, bytes) => {
    await using server = await RawSseServer.start({ 'tools/call': writing(bytes) });
    await using sse = await connectSse(server);
    await expect(sse.call()).resolves.toEqual(OK);
    expect(sse.lost).toEqual([]);
  });

  it('the event stream of an SSE server can begin with a byte order mark, and be split within a character', async () => {
    await using server = await RawSseServer.start({
      GET: (_, it) => void it.openStream(`\ufeff${it.endpoint()}`),
      async 'tools/call'({ accept, message }, { stream }) {
        accept();
        for (const byte of Buffer.from(`event: message\r\ndata: ${answerTo(message.id)}\r\n\r\n`)) {
          stream.write(Uint8Array.of(byte));
          await new Promise(setImmediate);
        }
      },
    });
    await using sse = await connectSse(server);
    await expect(sse.call()).resolves.toEqual(OK);
  });

  it('the event stream of an SSE server can be compressed, even though the client did not ask for it', async () => {
    await using server = await RawSseServer.start({
      GET({ response }, it) {
        it.streams.push(response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' }));
        response.write(gzipSync(it.endpoint('/messages')));
      },
      initialize: ({ message, response }) =>
        void response.writeHead(200, { 'content-type': 'application/json' }).end(
          JSON.stringify({
            jsonrpc: '2.0',
            id: message.id,
            result: { protocolVersion: '2024-11-05', capabilities: {}, serverInfo: { name: 'zipped', version: '1' } },
          }),
        ),
    });
    await using sse = await connectSse(server);
    expect(sse.connection.facts).toMatchObject({ serverName: 'zipped', transport: 'sse', era: 'legacy' });
  });

  it('an SSE server can send notifications and requests before it names its endpoint', async () => {
    await using server = await RawSseServer.start({
      GET: (_, it) =>
        void it.openStream(
          `data: {"jsonrpc":"2.0","method":"notifications/early"}\n\ndata: {"jsonrpc":"2.0","id":"q","method":"ping"}\n\n${it.endpoint()}`,
        ),
    });
    await using sse = await connectSse(server);
    await expect(sse.call()).resolves.toMatchObject({ content: [{ type: 'text' }] });
    await eventually('the question is answered', () => server.of('POST').length === 1);
    expect(server.of('POST')[0]?.message).toEqual({ jsonrpc: '2.0', id: 'q', result: {} });
    // A notification that arrives before the end of the handshake is ignored.
    expect(sse.notices).toEqual([]);
  });

  it('an SSE event over the size limit ends the connection, and the running calls report the reason', async () => {
    await using server = await RawSseServer.start({
      'tools/call': writing(() => `data: "${'x'.repeat(200_000)}`),
    });
    await using sse = await connectSse(server, { maxResultBytes: 100_000 });
    const failure = await sse.call().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'TOOL_CALL_LOST', detail: { sent: 'maybe' } });
    expect((failure as Error).message).toContain('larger than 100000 bytes');
    expect(sse.lost).toMatchObject([{ code: 'TOOL_RESULT_TOO_LARGE' }]);
    await expect(sse.call()).rejects.toMatchObject({ code: 'TOOL_CALL_LOST', detail: { sent: 'no' } });
    await noStreamLeft(server);
  });

  it('the size limit of an SSE stream applies to each event, not to all events together', async () => {
    const notice = `data: {"jsonrpc":"2.0","method":"notifications/x","params":{"a":"${'x'.repeat(50_000)}"}}\n\n`;
    await using server = await RawSseServer.start({
      'tools/call': writing((id) => `${notice.repeat(20)}data: ${answerTo(id)}\n\n`),
    });
    await using sse = await connectSse(server, { maxResultBytes: 100_000 });
    await expect(sse.call()).resolves.toEqual(OK);
    expect(sse.notices).toHaveLength(20);
  });
});

describe('the endpoint event of an SSE server', () => {
  it.each([
    ['a path', '/here?session_id=1', '/here?session_id=1'],
    ['a relative address', 'here?s=1', '/here?s=1'],
    ['a query alone', '?s=1', '/sse?s=1'],
    ['an address with spaces around it', '  /here  ', '/here'],
  ])('the endpoint event of an SSE server can hold %s', async (_, data, path) => {
    await using server = await RawSseServer.start({ GET: (_request, it) => void it.openStream(it.endpoint(data)) });
    await using sse = await connectSse(server);
    await sse.call();
    expect(server.of('tools/call').map((request) => request.path)).toEqual([path]);
  });

  it('the endpoint event of an SSE server can hold an absolute URL of the same origin', async () => {
    await using server = await RawSseServer.start({
      GET: (_, it) => void it.openStream(it.endpoint(`${it.origin}/whole#part`)),
    });
    await using sse = await connectSse(server);
    await sse.call();
    expect(server.of('tools/call').map((request) => request.path)).toEqual(['/whole']);
  });

  it.each([
    ['another port', (origin: string) => `${origin.replace(/\d+$/, '1')}/messages`],
    ['another host', () => 'http://evil.test/messages'],
    ['another host without a scheme', () => '//evil.test/messages'],
    ['another scheme', (origin: string) => `${origin.replace('http', 'https')}/messages`],
    ['a javascript: URL', () => 'javascript:alert(1)'],
    ['an invalid URL', () => 'http://['],
    ['an overlong URL', () => `/${'x'.repeat(10_000)}`],
  ])('the endpoint event of an SSE server must not name %s', async (_, address) => {
    await using server = await RawSseServer.start({
      GET: (_request, it) => void it.openStream(it.endpoint(address(it.origin))),
    });
    const failure = await connectSse(server, { headers: { authorization: 'Bearer s3cret' } }).catch((error) => error);
    expect(failure).toMatchObject({ code: 'CONNECTOR_CONNECT_FAILED' });
    expect(failure.message).toContain('the message endpoint that it names is');
    expect(failure.message).not.toMatch(/evil|alert|xxx/);
    expect(server.requests.map(({ method }) => method)).toEqual(['GET']);
    await noStreamLeft(server);
  });

  it('a second endpoint event of an SSE server can change the endpoint, but only within the origin', async () => {
    await using server = await RawSseServer.start({
      'tools/call'({ result }, it) {
        result(OK);
        it.stream.write(it.endpoint(server.of('tools/call').length === 1 ? '/second' : 'http://evil.test/third'));
      },
    });
    await using sse = await connectSse(server);
    for (const _ of [1, 2]) await expect(sse.call()).resolves.toEqual(OK);
    await eventually('the third address ends the connection', () => sse.lost.length === 1);
    expect(server.of('tools/call').map(({ path }) => path)).toEqual(['/messages?sessionId=1', '/second']);
    expect(sse.lost[0]?.message).toBe('the message endpoint that it names is on another origin');
    await expect(sse.call()).rejects.toMatchObject({ code: 'TOOL_CALL_LOST', detail: { sent: 'no' } });
  });
});
