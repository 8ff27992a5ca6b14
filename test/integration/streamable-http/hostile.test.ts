import { describe, expect, it } from 'vitest';
import { NO_CREDENTIALS } from '../../../src/main/connectors/credentials/credentials.ts';
import { type Answer, connectRaw, MODERN, RawMcpServer } from '../../helpers/raw-mcp-server.ts';

const answerTo = (id: unknown, text = 'ok') => ({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } });

/** Resolves with the result or the error of a call, or with a text if the call does not settle within four seconds. */
async function outcome(call: Promise<unknown>): Promise<unknown> {
  const silence = new Promise((resolve) => setTimeout(resolve, 4_000, 'it never settled').unref());
  return Promise.race([call.catch((error: unknown) => error), silence]);
}

describe('unusual HTTP headers of a response', () => {
  it.each([
    ['content-type', ['application/json', 'application/json']],
    ['content-encoding', ['identity', 'identity']],
  ])('a response with two equal %s headers does not fail its call', async (name, values) => {
    await using server = await RawMcpServer.start({
      'tools/call'({ response, message }) {
        response.setHeader('content-type', 'application/json');
        response.setHeader(name, values);
        response.end(JSON.stringify(answerTo(message.id)));
      },
    });
    await using raw = await connectRaw(server);
    await expect(raw.call()).resolves.toMatchObject({ content: [{ text: 'ok' }] });
  });

  it('a response is read as an event stream even if its content type is written in capitals', async () => {
    await using server = await RawMcpServer.start({
      'tools/call': ({ response }) =>
        void response.writeHead(200, { 'content-type': 'Text/Event-Stream' }).end(': nothing\n\n'),
    });
    await using raw = await connectRaw(server);
    await expect(raw.call()).rejects.toMatchObject({ code: 'TOOL_CALL_LOST', detail: { sent: 'maybe' } });
  });

  it.each(['gzip', 'what'])(
    'a response with the content-encoding "%s" does not hide its status 401',
    async (encoding) => {
      const refuse: Answer = ({ response }) =>
        void response.writeHead(401, { 'content-encoding': encoding }).end('no such thing');
      await using server = await RawMcpServer.start({ 'server/discover': refuse });
      await expect(connectRaw(server)).rejects.toMatchObject({ code: 'CONNECTOR_REFUSED', detail: { status: 401 } });
      expect(server.requests).toHaveLength(1);
      await using later = await RawMcpServer.start({ 'tools/call': refuse });
      await using raw = await connectRaw(later);
      await expect(raw.call()).rejects.toMatchObject({ code: 'CONNECTOR_REFUSED', detail: { status: 401 } });
    },
  );
});

describe('values that cannot be sent', () => {
  it('a call whose arguments cannot be written as JSON is rejected, whatever error the conversion throws', async () => {
    await using server = await RawMcpServer.start();
    await using raw = await connectRaw(server);
    const throwing = {
      toJSON(): never {
        throw new Error('no form');
      },
    };
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    for (const value of [throwing, circular, 1n]) {
      expect(await outcome(raw.call({ value }))).toMatchObject({ code: 'OPTIONS_INVALID' });
    }
    expect(server.of('tools/call')).toHaveLength(0);
  });

  it('a call fails and does not hang if an event id of its stream cannot be sent as a header', async () => {
    await using server = await RawMcpServer.start({
      'tools/call': ({ response }) =>
        void response.writeHead(200, { 'content-type': 'text/event-stream' }).end('retry: 10\nid: 世界\ndata:\n\n'),
    });
    await using raw = await connectRaw(server);
    expect(await outcome(raw.call())).toMatchObject({ code: 'TOOL_CALL_LOST', detail: { sent: 'maybe' } });
  });

  it('a connector whose entry has an invalid header fails when it connects, not at its first call', async () => {
    await using server = await RawMcpServer.start();
    const connected = connectRaw(server, { headers: { 'x-odd': 'a\nb' }, timeoutMs: 3_000 });
    expect(await outcome(connected)).toMatchObject({ code: 'CONNECTOR_CONNECT_FAILED' });
  });
});

describe('an error response without an id', () => {
  it('an error response without an id belongs to the request that it was sent for', async () => {
    await using server = await RawMcpServer.start({
      'tools/call'({ response }) {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end('{"jsonrpc":"2.0","error":{"code":-32700,"message":"unreadable"}}');
      },
    });
    await using raw = await connectRaw(server);
    await expect(raw.call()).rejects.toMatchObject({ code: 'TOOL_CALL_REJECTED', detail: { rpcCode: -32_700 } });
  });
});

describe('a JSON body', () => {
  it('the JSON body of a response may begin with a byte order mark', async () => {
    await using server = await RawMcpServer.start({
      'tools/call': ({ response, message }) =>
        void response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(`\ufeff${JSON.stringify(answerTo(message.id))}`),
    });
    await using raw = await connectRaw(server);
    await expect(raw.call()).resolves.toMatchObject({ content: [{ text: 'ok' }] });
  });
});

describe('progress', () => {
  it('progress is reported only for exactly the progress token of the call', async () => {
    await using server = await RawMcpServer.start({
      'tools/call'({ events, message, response }) {
        const id = Number(message.id);
        const tokens = [String(id), [id], true, null, id + 0.5];
        const params = tokens.map((progressToken, progress) => ({ progressToken, progress }));
        events(...params.map((each) => ({ jsonrpc: '2.0', method: 'notifications/progress', params: each })));
        events({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: id, progress: 9 } });
        events(answerTo(id));
        response.end();
      },
    });
    await using raw = await connectRaw(server);
    const heard: unknown[] = [];
    await raw.call({}, { onProgress: (progress) => void heard.push(progress) });
    expect(heard).toEqual([{ progress: 9 }]);
  });
});

describe('the event stream of a call that breaks', () => {
  it('a stream that breaks within an event is resumed before that event', async () => {
    await using server = await RawMcpServer.start({
      'tools/call'({ response }) {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('retry: 10\nid: whole\ndata:\n\nid: half\ndata: {"json');
        setTimeout(() => response.destroy(), 30);
      },
      GET({ events, response }) {
        events(answerTo(server.of('tools/call')[0]?.message.id));
        response.end();
      },
    });
    await using raw = await connectRaw(server);
    await raw.call();
    expect(server.of('GET')[0]?.headers['last-event-id']).toBe('whole');
  });

  it('a stream that breaks repeatedly is resumed as long as each attempt brings new events', async () => {
    await using server = await RawMcpServer.start({
      'tools/call': ({ response }) =>
        void response.writeHead(200, { 'content-type': 'text/event-stream' }).end('retry: 10\nid: 0\ndata:\n\n'),
      GET({ events, response }) {
        const turn = server.of('GET').length;
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        if (turn === 6) events(answerTo(server.of('tools/call')[0]?.message.id));
        else response.write(`retry: 10\nid: ${turn}\ndata:\n\n`);
        response.end();
      },
    });
    await using raw = await connectRaw(server);
    await expect(raw.call()).resolves.toMatchObject({ content: [{ text: 'ok' }] });
  });

  it('a broken stream is not resumed in the modern protocol, which has no resumption', async () => {
    await using server = await RawMcpServer.start({
      ...MODERN,
      'tools/call': ({ response }) =>
        void response.writeHead(200, { 'content-type': 'text/event-stream' }).end('retry: 10\nid: 0\ndata:\n\n'),
    });
    await using raw = await connectRaw(server);
    await expect(raw.call()).rejects.toMatchObject({ code: 'TOOL_CALL_LOST', detail: { sent: 'maybe' } });
    expect(server.of('GET')).toHaveLength(0);
  });
});

describe('a session from a failed handshake', () => {
  it('a session id from a failed handshake is not sent in modern requests', async () => {
    await using server = await RawMcpServer.start();
    const { connect, close } = await reconnecting(server);
    await connect();
    const odd: Answer = ({ result, response }) => {
      response.setHeader('mcp-session-id', 'odd');
      result({ protocolVersion: 'none', capabilities: {} });
    };
    Object.assign(server.answers, MODERN, { initialize: odd });
    await connect();
    expect(server.of('server/discover').at(-1)?.headers).not.toHaveProperty('mcp-session-id');
    await close();
  });
});

async function reconnecting(server: RawMcpServer) {
  const { Agent } = await import('undici');
  const { TOOLS_ONLY } = await import('../../../src/main/mcp/host-side.ts');
  const { createStreamableHttpConnect } = await import(
    '../../../src/main/connectors/streamable-http/streamable-http-connect.ts'
  );
  const agent = new Agent();
  const connect = createStreamableHttpConnect({ dispatcher: agent, maxResultBytes: 1_000, host: TOOLS_ONLY });
  const target = {
    id: 'raw',
    name: 'Raw',
    url: server.url,
    headers: {},
    credentials: NO_CREDENTIALS,
    command: null,
  } as const;
  const limits = { signal: new AbortController().signal, timeoutMs: 1_000 };
  const events = { onLost: () => {}, onToolsChanged: () => {} };
  return {
    async connect() {
      await (await connect({ ...target, era: 'auto', transport: 'auto' }, events, limits)).close();
    },
    close: () => agent.close(),
  };
}
