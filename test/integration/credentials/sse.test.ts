import { describe, expect, it } from 'vitest';
import { SwitchyardError } from '../../../src/shared/errors.ts';
import { connectSse, noStreamLeft, RawSseServer, type SseAnswer } from '../../helpers/raw-sse-server.ts';
import { ScriptedCredentials } from '../../helpers/scripted-credentials.ts';

const LOGIN = new SwitchyardError('CONNECTOR_LOGIN_NEEDED', 'Connector raw wants a login.', {
  detail: { connectorId: 'raw', status: 401, wasAuthorized: true },
});

/** Starts a server that requires the token `fresh` for requests of these kinds. */
async function protectedServer(kinds: readonly string[]): Promise<RawSseServer> {
  const server = await RawSseServer.start();
  for (const kind of kinds) {
    const answer: SseAnswer = server.answers[kind] ?? (({ accept }) => accept());
    server.answers[kind] = (request, of) => {
      if (request.headers.authorization === 'Bearer fresh') answer(request, of);
      else request.response.writeHead(401).end('no');
    };
  }
  return server;
}

const limits = () => ({ signal: new AbortController().signal, timeoutMs: 5_000 });

describe('a connection over SSE with credentials', () => {
  it.each([
    ['the event stream', 'GET'],
    ['a message of the handshake', 'initialize'],
    ['a notification', 'notifications/initialized'],
    ['a call', 'tools/call'],
    ['a list', 'tools/list'],
  ])('a connection over SSE sends %s again with a fresh token after a 401', async (_, kind) => {
    await using server = await protectedServer([kind]);
    const credentials = ScriptedCredentials.refreshing('old');
    await using sse = await connectSse(server, { credentials });
    await sse.connection.listToolsPage(null, limits());
    await sse.call();
    expect(server.of(kind).map(({ headers }) => headers.authorization)).toEqual(['Bearer old', 'Bearer fresh']);
    expect(credentials.challenges).toHaveLength(1);
  });

  it.each(['GET', 'initialize', 'notifications/initialized'])(
    'connecting over SSE fails with the login error of the `credentials` object if %s is answered with 401',
    async (kind) => {
      await using server = await protectedServer([kind]);
      const credentials = new ScriptedCredentials('old', () => ({ kind: 'login', error: LOGIN }));
      await expect(connectSse(server, { credentials })).rejects.toBe(LOGIN);
      expect(server.of(kind)).toHaveLength(1);
      await noStreamLeft(server);
    },
  );

  it('a call and a tools/list over SSE fail if they need a login, and the event stream stays open', async () => {
    await using server = await protectedServer(['tools/call', 'tools/list']);
    const credentials = new ScriptedCredentials('old', () => ({ kind: 'login', error: LOGIN }));
    await using sse = await connectSse(server, { credentials });
    await expect(sse.call()).rejects.toBe(LOGIN);
    await expect(sse.connection.listToolsPage(null, limits())).rejects.toBe(LOGIN);
    expect(sse.lost).toEqual([]);
    expect(server.openStreams).toBe(1);
  });

  it('connecting over SSE fails with an error that contains the hint from the `credentials` object', async () => {
    await using server = await protectedServer(['GET']);
    const credentials = new ScriptedCredentials('old', () => ({ kind: 'refused', hint: 'Ask Ann for a key.' }));
    await expect(connectSse(server, { credentials })).rejects.toMatchObject({
      code: 'CONNECTOR_REFUSED',
      message: expect.stringContaining('(401). Ask Ann for a key.'),
    });
  });
});
