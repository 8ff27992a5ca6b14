import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { Agent } from 'undici';
import { describe, expect, it } from 'vitest';
import { type Credentials, NO_CREDENTIALS } from '../../../../src/main/connectors/credentials/credentials.ts';
import { startExchange } from '../../../../src/main/connectors/exchange/http-exchange.ts';
import type { HttpRequest } from '../../../../src/main/connectors/exchange/http-request.ts';
import { nextTurn } from '../../../../src/shared/clock.ts';
import { SwitchyardError } from '../../../../src/shared/errors.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { ScriptedCredentials } from '../../../helpers/scripted-credentials.ts';

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
  readonly socket: Socket;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const BASIC_CHALLENGE = { 'www-authenticate': 'Bearer realm="r"' };

/** Returns a server handler that responds with `status` to every request without the token `fresh`. */
const protectedBy: (status: 401 | 403) => Answer = (status) => (request, response) => {
  if (request.headers.authorization === 'Bearer fresh') response.setHeader('content-type', 'application/json').end('1');
  else response.writeHead(status, BASIC_CHALLENGE).end('{"error":"no"}');
};

/** Starts a server, creates an agent for it, and records the requests that the server receives. */
async function world(answer: Answer) {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url: path = '', headers, socket } = request;
    seen.push({ method, path, authorization: headers.authorization, body: await textOf(request), socket });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const agent = new Agent();
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const start = (credentials: Credentials, request: Partial<HttpRequest> = {}) => {
    const heard: unknown[] = [];
    const over = Promise.withResolvers<void>();
    const abort = startExchange(
      agent,
      { method: 'POST', url: new URL('/mcp', origin), headers: ['x-own', 'o'], body: 'body', ...request },
      1_000_000,
      {
        onHead: (status, _, hint) => heard.push([status, hint]),
        onValue: (value) => heard.push({ value }),
        onEnd: (text) => {
          heard.push({ text });
          over.resolve();
        },
        onFailure: (error) => {
          heard.push(error);
          over.resolve();
        },
      },
      credentials,
    );
    return { heard, abort, over: over.promise };
  };
  return {
    seen,
    start,
    async [Symbol.asyncDispose]() {
      await agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('HTTP exchange with credentials', () => {
  it.each<['POST' | 'GET' | 'DELETE', 401 | 403]>([
    ['POST', 401],
    ['POST', 403],
    ['GET', 401],
    ['DELETE', 401],
  ])(
    'an HTTP exchange repeats a %s once after the status %i, with its body and over the same connection',
    async (method, status) => {
      await using server = await world(protectedBy(status));
      const credentials = ScriptedCredentials.refreshing('stale');
      const body = method === 'POST' ? 'body' : null;
      const { heard, over } = server.start(credentials, { method, body });
      await over;
      expect(heard).toEqual([[200, null], { value: 1 }, { text: '' }]);
      expect(server.seen.map(({ authorization, body: sent }) => [authorization, sent])).toEqual([
        ['Bearer stale', body ?? ''],
        ['Bearer fresh', body ?? ''],
      ]);
      expect(new Set(server.seen.map(({ socket }) => socket)).size).toBe(1);
      expect(credentials.challenges).toEqual([
        expect.objectContaining({ status, wwwAuthenticate: 'Bearer realm="r"', dpopNonce: null, resends: 0, method }),
      ]);
      expect(credentials.sent).toEqual([['authorization', 'Bearer stale']]);
    },
  );

  it('an HTTP exchange sends a request at most three times, and then reports the last rejection', async () => {
    await using server = await world((_, response) => void response.writeHead(401).end('no'));
    const credentials = new ScriptedCredentials('t', () => ({ kind: 'retry' }));
    const { heard, over } = server.start(credentials);
    await over;
    expect(heard).toEqual([[401, null], { text: 'no' }]);
    expect(server.seen).toHaveLength(3);
    expect(credentials.challenges.map(({ resends }) => resends)).toEqual([0, 1]);
  });

  it('an HTTP exchange reads synchronous credentials before it returns, and again for each request', async () => {
    await using server = await world(protectedBy(401));
    const credentials = new ScriptedCredentials('fresh');
    const { over } = server.start(credentials);
    expect(credentials.sendings).toMatchObject([{ method: 'POST', url: { pathname: '/mcp' } }]);
    await over;
    await server.start(credentials).over;
    expect(credentials.sendings).toHaveLength(2);
  });

  it('an HTTP exchange waits for asynchronous credentials', async () => {
    await using server = await world(protectedBy(401));
    const token = Promise.withResolvers<string>();
    const { heard, over } = server.start(new ScriptedCredentials(token.promise));
    token.resolve('fresh');
    await over;
    expect(heard[0]).toEqual([200, null]);
    expect(server.seen).toHaveLength(1);
  });

  it('an HTTP exchange fails with the error that its credentials throw, and sends nothing', async () => {
    await using server = await world(protectedBy(401));
    const missing = new SwitchyardError('LOGIN_SECRET_MISSING', 'No secret.');
    const throwing: Credentials = {
      ...NO_CREDENTIALS,
      headers() {
        throw missing;
      },
    };
    const ways = [throwing, new ScriptedCredentials(Promise.reject(missing))];
    for (const credentials of ways) {
      const { heard, over } = server.start(credentials);
      await over;
      expect(heard).toEqual([missing]);
    }
    expect(server.seen).toEqual([]);
  });

  it('an HTTP exchange sends the Authorization header of the credentials in place of the one in the entry', async () => {
    await using server = await world(protectedBy(401));
    const { over } = server.start(new ScriptedCredentials('fresh'), {
      headers: ['Authorization', 'Basic x', 'x-a', '1'],
    });
    await over;
    expect(server.seen.map(({ authorization }) => authorization)).toEqual(['Bearer fresh']);
  });

  it('an HTTP exchange that requires a login fails with `CONNECTOR_LOGIN_NEEDED`, and keeps the TCP connection', async () => {
    await using server = await world(protectedBy(401));
    const error = new SwitchyardError('CONNECTOR_LOGIN_NEEDED', 'Log in.', { detail: { status: 401 } });
    const { heard, over } = server.start(new ScriptedCredentials(null, () => ({ kind: 'login', error })));
    await over;
    expect(heard).toEqual([error]);
    // undici can use the connection again one event loop turn after the end of the response.
    await nextTurn();
    await nextTurn();
    await server.start(new ScriptedCredentials('fresh')).over;
    expect(new Set(server.seen.map(({ socket }) => socket)).size).toBe(1);
  });

  it('an HTTP exchange reports a rejection that new credentials cannot fix, with the hint that the credentials give', async () => {
    await using server = await world(protectedBy(403));
    const { heard, over } = server.start(new ScriptedCredentials('t', () => ({ kind: 'refused', hint: 'Ask Ann.' })));
    await over;
    expect(heard).toEqual([[403, 'Ask Ann.'], { text: '{"error":"no"}' }]);
  });

  it('an HTTP exchange reads the whole body of a rejection, even if the body arrives after the decision not to retry', async () => {
    let finish = (): void => {};
    await using server = await world((_, response) => {
      response.writeHead(401).write('first ');
      finish = () => response.end('last');
    });
    const { heard, over } = server.start(new ScriptedCredentials('t'));
    await eventually('the head is told', () => heard.length === 1);
    finish();
    await over;
    expect(heard).toEqual([[401, null], { text: 'first last' }]);
  });

  it('an HTTP exchange stops reading an endless rejection when it retries the request', async () => {
    await using server = await world((request, response) => {
      if (request.headers.authorization === 'Bearer fresh') response.end('ok');
      else response.writeHead(401).write('x'.repeat(100_000));
    });
    const { heard, over } = server.start(ScriptedCredentials.refreshing('stale'));
    await over;
    expect(heard[0]).toEqual([200, null]);
    expect(server.seen).toHaveLength(2);
  });

  it('an HTTP exchange requests credentials for a redirect target, and retries the request there', async () => {
    await using server = await world((request, response) => {
      if (request.url === '/mcp') response.writeHead(307, { location: '/moved' }).end();
      else protectedBy(401)(request, response);
    });
    const credentials = ScriptedCredentials.refreshing('stale');
    const { heard, over } = server.start(credentials);
    await over;
    expect(heard[0]).toEqual([200, null]);
    expect(server.seen.map(({ path, authorization }) => [path, authorization])).toEqual([
      ['/mcp', 'Bearer stale'],
      ['/moved', 'Bearer stale'],
      ['/moved', 'Bearer fresh'],
    ]);
    expect(credentials.challenges[0]?.url.pathname).toBe('/moved');
  });

  it('an HTTP exchange that is aborted while it waits for credentials ends immediately, and sends nothing', async () => {
    await using server = await world(protectedBy(401));
    const token = Promise.withResolvers<string>();
    const { heard, abort, over } = server.start(new ScriptedCredentials(token.promise));
    const reason = new Error('enough');
    abort(reason);
    await over;
    token.resolve('fresh');
    await token.promise;
    expect(heard).toEqual([reason]);
    await server.start(new ScriptedCredentials('fresh')).over;
    expect(server.seen).toHaveLength(1);
  });

  it('an HTTP exchange that is aborted while its credentials handle a rejection ends immediately', async () => {
    await using server = await world(protectedBy(401));
    let given: AbortSignal | null = null;
    const credentials = new ScriptedCredentials('stale', async (_challenge, _sent, signal) => {
      given = signal;
      await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
      return { kind: 'retry' };
    });
    const { heard, abort, over } = server.start(credentials);
    await eventually('the credentials are asked', () => given !== null);
    const reason = new Error('enough');
    abort(reason);
    await over;
    expect(heard).toEqual([reason]);
    expect(given).toMatchObject({ aborted: true, reason });
    expect(server.seen).toHaveLength(1);
  });

  it('an HTTP exchange joins several WWW-Authenticate headers into one challenge', async () => {
    await using server = await world((_, response) => {
      response.writeHead(401, { 'www-authenticate': ['Basic realm="a"', 'Bearer scope="s"'], 'dpop-nonce': 'n' }).end();
    });
    const credentials = new ScriptedCredentials(null);
    await server.start(credentials).over;
    expect(credentials.challenges).toMatchObject([
      { wwwAuthenticate: 'Basic realm="a", Bearer scope="s"', dpopNonce: 'n' },
    ]);
  });
});
