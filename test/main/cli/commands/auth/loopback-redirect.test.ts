import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type LoopbackRedirect,
  listenForRedirect,
} from '../../../../../src/main/cli/commands/auth/loopback-redirect.ts';
import { REDIRECT_PAGES } from '../../../../../src/main/cli/commands/auth/redirect-page.ts';
import { secret } from '../../../../helpers/evidence.ts';

const never = new AbortController().signal;
let redirect: LoopbackRedirect;
afterEach(() => redirect?.[Symbol.asyncDispose]());

async function listening(): Promise<LoopbackRedirect> {
  redirect = await listenForRedirect({ host: '127.0.0.1', fixedPort: null });
  return redirect;
}

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

/** Sends a request to the redirect listener, like a browser or an attacker. */
function send(
  url: string,
  { method = 'GET', host, address = '127.0.0.1' }: { method?: string; host?: string; address?: string } = {},
): Promise<Answer> {
  const { port, pathname, search } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers = host === undefined ? { host: new URL(url).host } : { host };
  const sent = request({ host: address, port, method, path: pathname + search, headers, agent: false }, (response) => {
    let text = '';
    response.on('data', (data: Buffer) => {
      text += data.toString();
    });
    response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
  });
  sent.on('error', reject);
  sent.end(method === 'POST' ? 'code=1' : undefined);
  return promise;
}

/** Checks that the login with `state` is still waiting. To do so, sends the valid redirect, which ends the wait. */
async function stillWaits(received: ReturnType<LoopbackRedirect['receive']>, state: string): Promise<void> {
  const browser = send(`${redirect.url}?code=good&state=${state}`);
  const { parameters, answer } = await received;
  answer(REDIRECT_PAGES.done);
  expect(parameters.get('code')).toBe('good');
  expect((await browser).status).toBe(200);
}

describe('login redirect listener', () => {
  it('the login redirect listener accepts the redirect with the right state and shows the result of the login', async () => {
    const { url, receive } = await listening();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    const received = receive('s1', never);
    const browser = send(`${url}?code=${secret('code')}&state=s1&iss=https%3A%2F%2Fissuer.example`);
    const { parameters, answer } = await received;
    expect([parameters.get('code'), parameters.get('iss')]).toEqual([secret('code'), 'https://issuer.example']);
    answer(REDIRECT_PAGES.done);
    answer(REDIRECT_PAGES.failed);
    const { status, headers, text } = await browser;
    expect([status, headers.connection]).toEqual([200, 'close']);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(text).toContain('Logged in');
    expect(text).not.toContain('issuer.example');
  });

  it('the login redirect listener accepts a redirect that reports that the user declined', async () => {
    const { url, receive } = await listening();
    const received = receive('s1', never);
    const browser = send(`${url}?error=access_denied&state=s1`);
    const { parameters, answer } = await received;
    answer(REDIRECT_PAGES.failed);
    expect([parameters.get('error'), (await browser).status]).toEqual(['access_denied', 400]);
  });

  it.each([
    ['another state', '?code=c&state=s2', {}, 403],
    ['no state', '?code=c', {}, 403],
    ['an empty state', '?code=c&state=', {}, 403],
    ['two states', '?code=c&state=s1&state=s2', {}, 403],
    ['two codes', '?code=c&code=d&state=s1', {}, 403],
    ['neither code nor error', '?state=s1', {}, 403],
    ['no query', '', {}, 403],
    ['the Host header of another site (DNS rebinding)', '?code=c&state=s1', { host: 'attacker.example' }, 403],
    ['localhost instead of 127.0.0.1 in its Host header', '?code=c&state=s1', { host: 'localhost' }, 403],
    ['the method POST', '?code=c&state=s1', { method: 'POST' }, 405],
    ['the method HEAD', '?code=c&state=s1', { method: 'HEAD' }, 405],
    ['the method OPTIONS', '?code=c&state=s1', { method: 'OPTIONS' }, 405],
    ['a query of 20 KiB', `?code=${'c'.repeat(20_480)}&state=s1`, {}, 431],
  ])('the login redirect listener rejects a request with %s and keeps waiting', async (_, query, how, status) => {
    const { url, receive } = await listening();
    const received = receive('s1', never);
    expect((await send(url + query, how)).status).toBe(status);
    await stillWaits(received, 's1');
  });

  it.each(['/', '/callback/', '/callbacks', '//callback', '/Callback', '/favicon.ico'])(
    'the login redirect listener answers a request for the path %s with 404 and keeps waiting',
    async (path) => {
      const { url, receive } = await listening();
      const received = receive('s1', never);
      const { status } = await send(`${new URL(url).origin}${path}?code=c&state=s1`);
      expect(status).toBe(404);
      await stillWaits(received, 's1');
    },
  );

  it('the login redirect listener rejects a redirect before a login waits for it, and a second redirect for one login', async () => {
    const { url, receive } = await listening();
    expect((await send(`${url}?code=early&state=s1`)).status).toBe(403);
    const received = receive('s1', never);
    const first = send(`${url}?code=first&state=s1`);
    const { parameters, answer } = await received;
    expect((await send(`${url}?code=second&state=s1`)).status).toBe(403);
    answer(REDIRECT_PAGES.done);
    expect([parameters.get('code'), (await first).status]).toEqual(['first', 200]);
  });

  it('the login redirect listener accepts only one of two simultaneous redirects', async () => {
    const { url, receive } = await listening();
    const received = receive('s1', never);
    const both = ['a', 'b'].map((code) => send(`${url}?code=${code}&state=s1`));
    (await received).answer(REDIRECT_PAGES.done);
    const statuses = (await Promise.all(both)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 403]);
  });

  it('the login redirect listener frees its port when it closes, and answers a browser that still waits', async () => {
    const { url, receive } = await listening();
    const received = receive('s1', never);
    const browser = send(`${url}?code=c&state=s1`);
    await received;
    await redirect[Symbol.asyncDispose]();
    expect((await browser).status).toBe(400);
    redirect = await listenForRedirect({ host: '127.0.0.1', fixedPort: Number(new URL(url).port) });
  });

  it('the login redirect listener closes even if a client has connected and sends no request', async () => {
    const { url } = await listening();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    await redirect[Symbol.asyncDispose]();
    await closed;
  });

  it('the login redirect listener stops waiting when its signal aborts, and rejects with the reason of the signal', async () => {
    const { url, receive } = await listening();
    const impatience = new AbortController();
    const received = receive('s1', impatience.signal);
    impatience.abort(new Error('too long'));
    await expect(received).rejects.toThrow('too long');
    expect((await send(`${url}?code=c&state=s1`)).status).toBe(403);
  });

  it('the login redirect listener listens on both the IPv4 and the IPv6 address of localhost', async () => {
    redirect = await listenForRedirect({ host: 'localhost', fixedPort: null });
    const { url, receive } = redirect;
    expect(url).toMatch(/^http:\/\/localhost:\d+\/callback$/);
    for (const address of ['127.0.0.1', '::1']) {
      const received = receive(address, never);
      const browser = send(`${url}?code=c&state=${encodeURIComponent(address)}`, { address });
      (await received).answer(REDIRECT_PAGES.done);
      expect((await browser).status).toBe(200);
    }
  });

  it('the login redirect listener uses the preferred port if it is free, and a different port if it is in use', async () => {
    await using _first = await listening();
    const preferredPort = Number(new URL(redirect.url).port);
    const second = await listenForRedirect({ host: '127.0.0.1', fixedPort: null, preferredPort });
    expect(new URL(second.url).port).not.toBe(String(preferredPort));
    await second[Symbol.asyncDispose]();
    await redirect[Symbol.asyncDispose]();
    redirect = await listenForRedirect({ host: '127.0.0.1', fixedPort: null, preferredPort });
    expect(new URL(redirect.url).port).toBe(String(preferredPort));
  });

  it.each(['127.0.0.1', '::1'])(
    'the login redirect listener fails if another server already uses the fixed port on %s',
    async (address) => {
      const other = createServer();
      const port = await portTakenBy(other, address);
      const failure = listenForRedirect({ host: 'localhost', fixedPort: port });
      await expect(failure).rejects.toMatchObject({
        code: 'LOGIN_FAILED',
        message: expect.stringContaining(`${port}`),
      });
      other.close();
    },
  );
});

async function portTakenBy(server: Server, address: string): Promise<number> {
  server.listen(0, address);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
