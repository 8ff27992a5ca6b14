import { afterAll, describe, expect, it } from 'vitest';
import type { LoginTarget } from '../../../../../src/main/connectors/credentials/login-target.ts';
import { type FetchOptions, LoginFetchUnderTest } from '../../../../helpers/logins/login-fetch-under-test.ts';
import {
  MisbehavingAuthorizationServer,
  redirects,
  saysJson,
  saysText,
  WAYS,
} from '../../../../helpers/misbehaving-authorization-server.ts';

const opened: LoginFetchUnderTest[] = [];
afterAll(() => Promise.all(opened.map((one) => one[Symbol.asyncDispose]())));

/** Creates a login fetch, which is closed after all tests. */
function loginFetch(target: Partial<LoginTarget>, options: FetchOptions = {}): typeof fetch {
  const world = new LoginFetchUnderTest(options);
  opened.push(world);
  return world.fetchFor(target);
}
const refused = { code: 'CONNECTOR_ADDRESS_REFUSED' };

describe('createLoginFetch', () => {
  it('createLoginFetch() passes on the status, the content type and the body of a response', async () => {
    await using server = await MisbehavingAuthorizationServer.start();
    server.behave('/x', saysJson({ a: 1 }, 201));
    const fetch = loginFetch({ url: server.endpoint, isLocal: true });
    const response = await fetch(`${server.origin}/x`);
    expect([response.status, response.headers.get('content-type'), await response.json()]).toEqual([
      201,
      'application/json',
      { a: 1 },
    ]);
    expect(response).toBeInstanceOf(Response);
  });

  it('createLoginFetch() sends the given method, headers and body', async () => {
    await using server = await MisbehavingAuthorizationServer.start();
    const fetch = loginFetch({ url: server.endpoint, isLocal: true });
    await fetch(new URL('/token', server.origin), {
      method: 'POST',
      headers: { accept: 'x/y' },
      body: new URLSearchParams({ a: 'b c' }),
    });
    expect(server.requests[0]).toMatchObject({ method: 'POST', text: 'a=b+c', headers: { accept: 'x/y' } });
  });

  it('createLoginFetch() follows no redirects', async () => {
    await using server = await MisbehavingAuthorizationServer.start();
    server.behave('/x', redirects('/y', 307));
    const fetch = loginFetch({ url: server.endpoint, isLocal: true });
    for (const method of ['GET', 'POST']) {
      const response = await fetch(`${server.origin}/x`, { method });
      expect([response.status, response.headers.get('location')]).toEqual([307, '/y']);
    }
    expect(server.paths).toEqual(['/x', '/x']);
  });

  it('createLoginFetch() drops the body of a rejected GET, and keeps the body of a rejected POST', async () => {
    await using server = await MisbehavingAuthorizationServer.start();
    server.behave('/x', saysText('because', 400));
    const fetch = loginFetch({ url: server.endpoint, isLocal: true });
    expect(await (await fetch(`${server.origin}/x`)).text()).toBe('');
    expect(await (await fetch(`${server.origin}/x`, { method: 'POST' })).text()).toBe('because');
    server.behave('/x', (_, response) => void response.writeHead(204).end());
    expect((await fetch(`${server.origin}/x`, { method: 'POST' })).status).toBe(204);
  });

  it.each(['endless', 'huge', 'deep'] as const)(
    'createLoginFetch() rejects a response that is endless, huge or deeply nested (here: %s)',
    async (way) => {
      await using server = await MisbehavingAuthorizationServer.start();
      server.behave('/x', WAYS[way]);
      const fetch = loginFetch({ url: server.endpoint, isLocal: true });
      for (const method of ['GET', 'POST'])
        await expect(fetch(`${server.origin}/x?a=secret`, { method })).rejects.toMatchObject({
          code: 'LOGIN_METADATA_INVALID',
          message: expect.stringMatching(/\/x (is larger than 1 MiB|nests deeper than 128 levels)\.$/),
        });
    },
  );

  it('createLoginFetch() does not parse brackets in an HTML page as JSON', async () => {
    await using server = await MisbehavingAuthorizationServer.start();
    server.behave('/x', saysText(`<script>${'['.repeat(500)}</script>`));
    const fetch = loginFetch({ url: server.endpoint, isLocal: true });
    expect((await fetch(`${server.origin}/x`)).status).toBe(200);
  });

  it.each(['silent', 'stalls'] as const)(
    'createLoginFetch() times out at its deadline for the server behavior "%s"',
    async (way) => {
      await using server = await MisbehavingAuthorizationServer.start();
      server.behave('/x', WAYS[way]);
      const fetch = loginFetch({ url: server.endpoint, isLocal: true }, { timeoutMs: 50 });
      await expect(fetch(`${server.origin}/x`)).rejects.toMatchObject({
        code: 'LOGIN_FAILED',
        message: `${server.origin}/x did not answer within 50 ms.`,
      });
    },
  );

  it.each(['resets', 'cut'] as const)(
    'createLoginFetch() reports a network error for the server behavior "%s"',
    async (way) => {
      await using server = await MisbehavingAuthorizationServer.start();
      server.behave('/x', WAYS[way]);
      const fetch = loginFetch({ url: server.endpoint, isLocal: true });
      await expect(fetch(`${server.origin}/x`)).rejects.toMatchObject({
        code: 'LOGIN_FAILED',
        message: expect.stringContaining('cannot be reached'),
      });
    },
  );

  it('createLoginFetch() rejects with the reason of its signal', async () => {
    await using server = await MisbehavingAuthorizationServer.start();
    server.behave('/x', WAYS.silent);
    const fetch = loginFetch({ url: server.endpoint, isLocal: true });
    const reason = new Error('enough');
    const controller = new AbortController();
    const fetching = fetch(`${server.origin}/x`, { signal: controller.signal });
    controller.abort(reason);
    await expect(fetching).rejects.toBe(reason);
  });

  it.each(['http://issuer.test/x', 'http://10.0.0.1/x', 'file:///etc/passwd', 'ftp://127.0.0.1/x'])(
    'createLoginFetch() sends no request to the insecure URL %s',
    async (url) => {
      await expect(loginFetch({ isLocal: true })(url)).rejects.toMatchObject({
        code: 'LOGIN_METADATA_INVALID',
        message: expect.stringContaining('https'),
      });
    },
  );

  it('createLoginFetch() allows a GET over plain http to the origin of the connector, but no POST', async () => {
    await using server = await MisbehavingAuthorizationServer.start('home.test');
    const fetch = loginFetch({ url: server.endpoint }, { isHome: true });
    server.behave('/x', saysJson({}));
    expect((await fetch(`${server.origin}/x`)).status).toBe(200);
    await expect(fetch(`${server.origin}/token`, { method: 'POST' })).rejects.toMatchObject({
      code: 'LOGIN_METADATA_INVALID',
    });
    expect(server.paths).toEqual(['/x']);
  });
});

describe('permitted addresses of login servers', () => {
  const PRIVATE = [
    'https://10.0.0.1/x',
    'https://inner.test/x',
    'https://169.254.169.254/latest',
    'https://metadata.test/x',
    'http://[::1]:8081/x',
    'http://localhost:8081/x',
    'https://[fd00:ec2::254]/x',
    'https://0x0a000001/x',
  ];
  const publicUrl = { url: new URL('https://home.test/mcp') };

  it.each(PRIVATE)('the login of a connector that a map lists at a public address does not contact %s', async (url) => {
    await expect(loginFetch(publicUrl, { isHome: true })(url)).rejects.toMatchObject(refused);
  });

  it.each(PRIVATE)(
    'the login of a connector at a public address does not contact %s, even if private addresses are allowed',
    async (url) => {
      await expect(loginFetch(publicUrl, { isHome: true, allowPrivateEndpoints: true })(url)).rejects.toMatchObject(
        refused,
      );
      await expect(loginFetch({ ...publicUrl, isLocal: true }, { isHome: true })(url)).rejects.toMatchObject(refused);
    },
  );

  it('the login of a connector at a private address contacts private addresses only if the options allow them', async () => {
    await expect(loginFetch({ url: new URL('https://10.0.0.1/mcp') })('https://10.0.0.1/x')).rejects.toMatchObject(
      refused,
    );
  });

  it.each([
    ['http://127.0.0.1:1/mcp', { isLocal: true }, {}],
    ['https://inner.test/mcp', { isLocal: true }, {}],
    ['https://inner.test/mcp', {}, { allowPrivateEndpoints: true }],
  ])(
    'the login of the connector %s contacts private addresses if the connector is local or the options allow them',
    async (url, target, options) => {
      await using server = await MisbehavingAuthorizationServer.start();
      server.behave('/x', saysJson({}));
      const fetch = loginFetch({ url: new URL(url), ...target }, options);
      expect((await fetch(`${server.origin}/x`)).status).toBe(200);
    },
  );

  it.each([
    'https://169.254.169.254/x',
    'https://metadata.test/x',
    'https://[::ffff:169.254.169.254]/x',
    'https://[fe80::1]/x',
    'https://[fd00:ec2::254]/x',
  ])('the login of a connector never contacts %s, even if private addresses are allowed', async (url) => {
    const fetch = loginFetch(
      { url: new URL('http://127.0.0.1:1/mcp'), isLocal: true },
      { allowPrivateEndpoints: true },
    );
    await expect(fetch(url)).rejects.toMatchObject(refused);
  });
});
