import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createConnect } from '../../../src/main/connectors/bring-up/choose-connect.ts';
import type { Verdict } from '../../../src/main/connectors/credentials/credentials.ts';
import { TOOLS_ONLY } from '../../../src/main/mcp/host-side.ts';
import { SwitchyardError } from '../../../src/shared/errors.ts';
import { eventually } from '../../helpers/eventually.ts';
import { type Answer, connectRaw, MODERN, RawMcpServer, type RawRequest } from '../../helpers/raw-mcp-server.ts';
import { ScriptedCredentials } from '../../helpers/scripted-credentials.ts';

const LOGIN = new SwitchyardError('CONNECTOR_LOGIN_NEEDED', 'Connector raw wants a login.', {
  detail: { connectorId: 'raw', status: 401, wasAuthorized: true },
});
const wantsLogin = (): Verdict => ({ kind: 'login', error: LOGIN });

/** Starts a server that requires the token `fresh` for requests of these kinds; null stands for all requests. */
async function protectedServer(answers: Readonly<Record<string, Answer>> = {}, kinds: readonly string[] | null = null) {
  const server = await RawMcpServer.start(answers);
  for (const kind of kinds ?? Object.keys(server.answers)) {
    const answer = server.answers[kind];
    server.answers[kind] = (request) => {
      if (tokenOf(request) !== 'Bearer fresh') request.response.writeHead(401).end('no');
      else answer?.(request);
    };
  }
  return server;
}

const tokenOf = ({ headers }: RawRequest): string | undefined => headers.authorization;

describe('a connection over Streamable HTTP with credentials', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each(['modern', 'legacy', 'auto'] as const)(
    'a connection over Streamable HTTP is established with a fresh token after one 401 (option `era`: %s)',
    async (era) => {
      await using server = await protectedServer(era === 'legacy' ? {} : MODERN);
      const credentials = ScriptedCredentials.refreshing(null);
      await using raw = await connectRaw(server, { era, credentials });
      expect(await raw.connection.listToolsPage(null, limits())).toMatchObject({ tools: [{ name: 'echo' }] });
      await raw.call({ text: 'x' });
      expect(credentials.challenges).toHaveLength(1);
      expect(raw.lost).toEqual([]);
    },
  );

  it.each(['modern', 'legacy', 'auto'] as const)(
    'connecting over Streamable HTTP asks for a login after a single request (option `era`: %s)',
    async (era) => {
      await using server = await protectedServer();
      const connecting = connectOver(server.url, new ScriptedCredentials(null, wantsLogin), era);
      await expect(connecting).rejects.toBe(LOGIN);
      expect(server.requests).toHaveLength(1);
    },
  );

  it('connecting over Streamable HTTP tries neither SSE nor another protocol after a failed login', async () => {
    const network = Object.assign(new Error('gone'), { code: 'ECONNRESET' });
    const failed = new SwitchyardError('LOGIN_FAILED', 'The issuer cannot be reached.', { cause: network });
    await using server = await protectedServer();
    const connecting = connectOver(server.url, new ScriptedCredentials(null, () => ({ kind: 'login', error: failed })));
    await expect(connecting).rejects.toBe(failed);
    expect(server.requests).toHaveLength(1);
  });

  it('tools/call, tools/list and resources/read fail after one request each if they need a login', async () => {
    const kinds = ['tools/call', 'tools/list', 'resources/read'];
    await using server = await protectedServer({}, kinds);
    await using raw = await connectRaw(server, { credentials: new ScriptedCredentials('old', wantsLogin) });
    await expect(raw.call()).rejects.toBe(LOGIN);
    await expect(raw.connection.listToolsPage(null, limits())).rejects.toBe(LOGIN);
    await expect(raw.connection.request('resources/read', { uri: 'a:b' }, limits())).rejects.toBe(LOGIN);
    expect(kinds.map((kind) => server.of(kind).length)).toEqual([1, 1, 1]);
    expect(raw.lost).toEqual([]);
  });

  it('a call over Streamable HTTP that is answered with 401 or 403 is sent again with the same session and id', async () => {
    const statuses = [401, 403];
    await using server = await RawMcpServer.start({
      initialize: ({ result, response }) => {
        response.setHeader('mcp-session-id', 's1');
        result({
          protocolVersion: '2025-11-25',
          capabilities: { tools: {} },
          serverInfo: { name: 'raw', version: '1' },
        });
      },
      'tools/call': ({ result, response }) => {
        const status = statuses.shift();
        if (status === undefined) result({ content: [] });
        else response.writeHead(status, { 'www-authenticate': 'Bearer error="insufficient_scope"' }).end();
      },
    });
    const credentials = new ScriptedCredentials('t', () => ({ kind: 'retry' }));
    await using raw = await connectRaw(server, { era: 'legacy', credentials });
    await raw.call();
    const calls = server.of('tools/call').map(({ headers, message }) => [headers['mcp-session-id'], message.id]);
    expect(calls).toEqual([calls[0], calls[0], calls[0]]);
    expect(calls[0]?.[0]).toBe('s1');
  });

  it('if a server rejects credentials over Streamable HTTP, the error ends with the hint of the `credentials` object', async () => {
    await using server = await protectedServer({}, ['tools/call', 'tools/list']);
    const hint = 'Ask Ann for a key.';
    const credentials = new ScriptedCredentials('old', () => ({ kind: 'refused', hint }));
    await using raw = await connectRaw(server, { credentials });
    const refused = {
      code: 'CONNECTOR_REFUSED',
      message: expect.stringMatching(/credentials.*\. Ask Ann for a key\.$/),
    };
    await expect(raw.call()).rejects.toMatchObject({ ...refused, detail: { status: 401 } });
    await expect(raw.connection.listToolsPage(null, limits())).rejects.toMatchObject(refused);
    await using other = await protectedServer();
    await expect(connectRaw(other, { credentials })).rejects.toMatchObject(refused);
  });

  it('a connection over Streamable HTTP refreshes an expired token when it opens its stream or ends its session', async () => {
    const streams: RawRequest[] = [];
    await using server = await protectedServer({
      initialize: ({ result, response }) => {
        response.setHeader('mcp-session-id', 's1');
        const capabilities = { tools: { listChanged: true } };
        result({ protocolVersion: '2025-11-25', capabilities, serverInfo: { name: 'raw', version: '1' } });
      },
      GET: (request) => {
        streams.push(request);
        request.events();
        request.response.flushHeaders();
      },
    });
    const credentials = ScriptedCredentials.refreshing('fresh');
    const host = { ...TOOLS_ONLY, capabilities: { roots: {} } };
    const raw = await connectRaw(server, { era: 'legacy', credentials, host });
    await eventually('the stream is open', () => raw.changes.count === 1);
    streams[0]?.response.destroy();
    // Each of these requests is rejected once, because its token is old.
    credentials.token = 'old';
    await eventually('the stream is open again', () => raw.changes.count === 2);
    credentials.token = 'old';
    await raw[Symbol.asyncDispose]();
    const tokensOf = (kind: string) => server.of(kind).map(tokenOf);
    expect(tokensOf('GET')).toEqual(['Bearer fresh', 'Bearer old', 'Bearer fresh']);
    expect(tokensOf('DELETE')).toEqual(['Bearer old', 'Bearer fresh']);
    expect(raw.lost).toEqual([]);
  });

  it.each([
    ['ends', true, [LOGIN]],
    ['stays open', false, []],
  ])(
    'a connection over Streamable HTTP %s if its notification stream needs a login (logged in before: %s)',
    async (_, wasAuthorized, lost) => {
      await using server = await protectedServer({}, ['GET']);
      const error = new SwitchyardError(LOGIN.code, LOGIN.message, { detail: { ...LOGIN.detail, wasAuthorized } });
      const credentials = new ScriptedCredentials('old', () => ({ kind: 'login', error }));
      await using raw = await connectRaw(server, {
        ...{ era: 'legacy', credentials },
        host: { ...TOOLS_ONLY, capabilities: { roots: {} } },
      });
      await eventually('the stream was refused', () => credentials.challenges.length === 1);
      await raw.call();
      expect(raw.lost).toMatchObject(lost.map(({ code }) => ({ code })));
      expect(server.of('GET')).toHaveLength(1);
    },
  );

  it('a call is reported as lost if its response stream breaks off and needs a login to be resumed', async () => {
    await using server = await protectedServer(
      {
        'tools/call': ({ response }) => {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          response.end('retry: 1\nid: 7\ndata:\n\n');
        },
      },
      ['GET'],
    );
    const credentials = new ScriptedCredentials('old', wantsLogin);
    await using raw = await connectRaw(server, { era: 'legacy', credentials });
    await expect(raw.call()).rejects.toMatchObject({ code: 'TOOL_CALL_LOST', detail: { sent: 'maybe' } });
    expect(server.of('GET')).toHaveLength(1);
  });

  it('a connection over Streamable HTTP does not try the legacy protocol while a person logs in', async () => {
    await using server = await protectedServer(MODERN);
    const cameBack = Promise.withResolvers<void>();
    const credentials: ScriptedCredentials = new ScriptedCredentials(null, async () => {
      await cameBack.promise;
      credentials.token = 'fresh';
      return { kind: 'retry' };
    });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const connecting = connectOver(server.url, credentials, 'auto', 600_000);
    await eventually('the login began', () => credentials.challenges.length === 1);
    // Without credentials, a server that does not answer for two seconds would also get `initialize`.
    await vi.advanceTimersByTimeAsync(60_000);
    expect(credentials.challenges).toHaveLength(1);
    cameBack.resolve();
    const { connection, end } = await connecting;
    expect(connection.facts.era).toBe('modern');
    expect(server.of('initialize')).toEqual([]);
    await end();
  });

  it('connecting over Streamable HTTP rejects with the reason of the AbortSignal if it is aborted during a login', async () => {
    await using server = await protectedServer();
    let given: AbortSignal | null = null;
    const credentials = new ScriptedCredentials(null, async (_challenge, _sent, signal) => {
      given = signal;
      await new Promise(() => {});
      return { kind: 'retry' };
    });
    const stop = new AbortController();
    const connecting = connectOver(server.url, credentials, 'auto', 5_000, stop.signal);
    const reason = new Error('enough');
    const rejected = expect(connecting).rejects.toBe(reason);
    await eventually('the login began', () => given !== null);
    stop.abort(reason);
    await rejected;
    expect(given).toMatchObject({ aborted: true });
  });

  it('a connection with credentials does not follow a redirect to another origin', async () => {
    const elsewhere = createServer((_, response) => void response.end());
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const requests: unknown[] = [];
    elsewhere.on('request', (request) => requests.push(request));
    const { port } = elsewhere.address() as AddressInfo;
    const answer: Answer = ({ response }) =>
      void response.writeHead(307, { location: `http://127.0.0.1:${port}/mcp` }).end();
    await using server = await RawMcpServer.start({ 'server/discover': answer, initialize: answer });
    const connecting = connectRaw(server, { credentials: new ScriptedCredentials('secret') });
    await expect(connecting).rejects.toMatchObject({ code: 'CONNECTOR_REDIRECTED' });
    expect(requests).toEqual([]);
    await new Promise((resolve) => elsewhere.close(resolve));
  });
});

function limits(signal: AbortSignal = new AbortController().signal) {
  return { signal, timeoutMs: 5_000 };
}

/** Connects like a manager, including the fallback to SSE. */
async function connectOver(
  url: URL,
  credentials: ScriptedCredentials,
  era: 'auto' | 'legacy' | 'modern' = 'auto',
  timeoutMs = 5_000,
  signal: AbortSignal = new AbortController().signal,
) {
  const dispatcher = new Agent();
  const connect = createConnect({ dispatcher, maxResultBytes: 1_000_000, host: TOOLS_ONLY });
  const target = {
    id: 'raw',
    name: 'Raw',
    url,
    headers: {},
    transport: 'auto',
    command: null,
    era,
    credentials,
  } as const;
  const events = { onLost: () => {}, onToolsChanged: () => {} };
  try {
    const connection = await connect(target, events, { signal, timeoutMs });
    return {
      connection,
      async end() {
        await connection.close();
        await dispatcher.destroy();
      },
    };
  } catch (error) {
    await dispatcher.destroy();
    throw error;
  }
}
