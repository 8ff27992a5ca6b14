import { describe, expect, it } from 'vitest';
import {
  codeOfRedirect,
  prepareAuthorization,
} from '../../../../src/main/connectors/credentials/oauth/authorization.ts';
import { identifyClient } from '../../../../src/main/connectors/credentials/oauth/client-identity.ts';
import {
  discoverLogin,
  packDiscovery,
  unpackDiscovery,
} from '../../../../src/main/connectors/credentials/oauth/login-discovery.ts';
import {
  redeemCode,
  refreshTokens,
  revokeTokens,
} from '../../../../src/main/connectors/credentials/oauth/token-requests.ts';
import { LoginFetchUnderTest } from '../../../helpers/logins/login-fetch-under-test.ts';
import { loginTokens, registeredClient } from '../../../helpers/logins/login-parts.ts';
import {
  type Behaviour,
  MisbehavingAuthorizationServer,
  redirects,
  saysJson,
  saysText,
  WAYS,
} from '../../../helpers/misbehaving-authorization-server.ts';

const REDIRECT = 'http://127.0.0.1:9/callback';
const SERVER_METADATA = '/.well-known/oauth-authorization-server';
const RESOURCE_METADATA = '/.well-known/oauth-protected-resource/mcp';
const choice = { redirectUrl: REDIRECT, clientMetadataUrl: null, stored: null };

/** A server and everything that a login to it needs. */
async function world(options: { readonly timeoutMs?: number } = {}) {
  const server = await MisbehavingAuthorizationServer.start();
  const fetches = new LoginFetchUnderTest(options);
  const request = fetches.requestFor({ url: server.endpoint, isLocal: true });
  return {
    server,
    request,
    discover: () => discoverLogin(request, null),
    async [Symbol.asyncDispose]() {
      await fetches[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
const invalid = { code: 'LOGIN_METADATA_INVALID' };

describe('a login at a server that behaves', () => {
  it('a login at a well-behaved server gets tokens, refreshes them and revokes them (control)', async () => {
    await using at = await world();
    const { server, request } = at;
    const discovery = await at.discover();
    expect(unpackDiscovery(packDiscovery(discovery))).toEqual(discovery);
    const client = await identifyClient(request, discovery, choice);
    const { url, codeVerifier } = await prepareAuthorization(discovery, client, {
      redirectUrl: REDIRECT,
      scope: 'tools',
      state: 's',
    });
    expect(url.href).toMatch(`${server.origin}/authorize?`);
    const code = codeOfRedirect(new URLSearchParams({ code: 'c', state: 's', iss: server.origin }), discovery);
    const tokens = await redeemCode(request, discovery, client, {
      code,
      codeVerifier,
      redirectUrl: REDIRECT,
      iss: server.origin,
      scope: 'tools',
    });
    expect(tokens).toMatchObject({ accessToken: 'access-of-a-test', expiresAtMs: 4_600_000 });
    expect(await refreshTokens(request, discovery, client, tokens)).toMatchObject({ kind: 'refreshed' });
    expect(await revokeTokens(request, discovery, client, tokens)).toBe(true);
    expect(server.paths).toEqual([
      RESOURCE_METADATA,
      SERVER_METADATA,
      '/register',
      '/token',
      '/token',
      '/revoke',
      '/revoke',
    ]);
    expect(server.requests.filter(({ path }) => path === '/token').map(({ body }) => body.get('resource'))).toEqual([
      server.endpoint.href,
      server.endpoint.href,
    ]);
  });
});

describe('OAuth metadata', () => {
  it.each<[string, Behaviour, string]>([
    ['is huge', WAYS.huge, 'larger than 1 MiB'],
    ['never ends', WAYS.endless, 'larger than 1 MiB'],
    ['nests too deep', WAYS.deep, 'nests deeper'],
  ])('OAuth metadata of a resource or an issuer is rejected if it %s', async (_, way, message) => {
    for (const path of [RESOURCE_METADATA, SERVER_METADATA]) {
      await using at = await world();
      at.server.behave(path, way);
      await expect(at.discover()).rejects.toMatchObject({ ...invalid, message: expect.stringContaining(message) });
    }
  });

  it.each<[string, Behaviour]>([
    ['never arrives', WAYS.silent],
    ['stops in the middle', WAYS.stalls],
    ['breaks off with the connection', WAYS.resets],
    ['is cut short', WAYS.cut],
  ])('a login fails within its deadline if the OAuth metadata %s', async (_, way) => {
    for (const path of [RESOURCE_METADATA, SERVER_METADATA]) {
      await using at = await world({ timeoutMs: 200 });
      at.server.behave(path, way);
      await expect(at.discover()).rejects.toMatchObject({ code: 'LOGIN_FAILED' });
    }
  });

  it('OAuth metadata counts as missing if its URL redirects to another host, and no request goes to that host', async () => {
    await using at = await world();
    await using other = await MisbehavingAuthorizationServer.start();
    at.server.behave(RESOURCE_METADATA, redirects(`${other.origin}${RESOURCE_METADATA}`));
    at.server.behave(SERVER_METADATA, redirects(`${other.origin}${SERVER_METADATA}`));
    expect(await at.discover()).toMatchObject({ metadata: null, resourceMetadata: null });
    expect(other.requests).toEqual([]);
  });

  it('OAuth metadata is read from the new URL if its URL redirects within the same origin', async () => {
    await using at = await world();
    at.server.behave(RESOURCE_METADATA, redirects('/elsewhere', 307));
    at.server.behave(
      '/elsewhere',
      saysJson({ resource: at.server.endpoint.href, authorization_servers: [at.server.origin] }),
    );
    expect(await at.discover()).toMatchObject({ resource: at.server.endpoint.href, issuer: at.server.origin });
  });

  it('OAuth metadata counts as missing if its URL redirects to itself', async () => {
    await using at = await world();
    at.server.behave(RESOURCE_METADATA, redirects(RESOURCE_METADATA));
    expect(await at.discover()).toMatchObject({ resourceMetadata: null, issuer: at.server.origin });
    expect(at.server.paths.filter((path) => path === RESOURCE_METADATA).length).toBeLessThan(10);
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['of another issuer', { issuer: 'https://evil.test' }],
    ['with a javascript: URL', { authorization_endpoint: 'javascript:alert(document.cookie)' }],
    ['with a file: URL', { authorization_endpoint: 'file:///etc/passwd' }],
    ['with an authorization endpoint over plain http', { authorization_endpoint: 'http://evil.test/authorize' }],
    ['with a token endpoint over plain http', { token_endpoint: 'http://evil.test/token' }],
  ])('OAuth metadata %s is rejected', async (_, overrides) => {
    await using at = await world();
    at.server.serverMetadata = overrides;
    await expect(at.discover()).rejects.toMatchObject(invalid);
  });

  it.each(['https://evil.test/mcp', 'http://127.0.0.1/mcp'])(
    'OAuth metadata of a server is rejected if it names the resource %s instead of the server',
    async (resource) => {
      await using at = await world();
      at.server.resourceMetadata = { resource };
      await expect(at.discover()).rejects.toMatchObject(invalid);
      expect(at.server.paths).toEqual([RESOURCE_METADATA]);
    },
  );

  it.each([
    ['/', [SERVER_METADATA, '/.well-known/openid-configuration']],
    [
      '/tenant',
      [
        `${SERVER_METADATA}/tenant`,
        '/.well-known/openid-configuration/tenant',
        '/tenant/.well-known/openid-configuration',
      ],
    ],
  ])(
    'OAuth metadata of an issuer with the path "%s" is found at each well-known URL for that path',
    async (path, places) => {
      for (const place of places) {
        await using at = await world();
        const issuer = path === '/' ? at.server.origin : at.server.origin + path;
        at.server.resourceMetadata = { authorization_servers: [issuer] };
        at.server.behave(SERVER_METADATA, WAYS.missing);
        at.server.behave(
          place,
          saysJson({
            issuer,
            authorization_endpoint: `${issuer}/a`,
            token_endpoint: `${issuer}/t`,
            jwks_uri: `${issuer}/j`,
            response_types_supported: ['code'],
            subject_types_supported: ['public'],
            id_token_signing_alg_values_supported: ['RS256'],
          }),
        );
        expect(await at.discover()).toMatchObject({ issuer, metadata: { token_endpoint: `${issuer}/t` } });
      }
    },
  );

  it('a login does not start if the issuer supports only the PKCE method "plain"', async () => {
    await using at = await world();
    at.server.serverMetadata = { code_challenge_methods_supported: ['plain'] };
    const preparing = prepareAuthorization(await at.discover(), registeredClient(), {
      redirectUrl: REDIRECT,
      scope: null,
      state: 's',
    });
    await expect(preparing).rejects.toMatchObject({ ...invalid, message: expect.stringContaining('PKCE') });
  });
});

describe('a client registration', () => {
  it.each<[string, Behaviour, string]>([
    [
      'with other redirect URIs',
      saysJson({ client_id: 'c', redirect_uris: ['https://evil.test/'] }, 201),
      'LOGIN_METADATA_INVALID',
    ],
    ['without `client_id`', saysJson({ redirect_uris: [REDIRECT] }, 201), 'LOGIN_METADATA_INVALID'],
    ['with an HTML page', WAYS.page, 'LOGIN_METADATA_INVALID'],
    ['with an endless response', WAYS.endless, 'LOGIN_METADATA_INVALID'],
    ['with `invalid_client_metadata`', saysJson({ error: 'invalid_client_metadata' }, 400), 'LOGIN_CLIENT_UNKNOWN'],
    ['with a redirect to another origin', redirects('https://evil.test/register', 307), 'LOGIN_CLIENT_UNKNOWN'],
    ['with 500', saysText('<html>', 500), 'LOGIN_FAILED'],
  ])('a login fails if the issuer answers the client registration %s', async (_, way, code) => {
    await using at = await world();
    at.server.behave('/register', way);
    await expect(identifyClient(at.request, await at.discover(), choice)).rejects.toMatchObject({ code });
  });
});

describe('a token endpoint', () => {
  it('an authorization code from another issuer is not sent to the token endpoint (mix-up)', async () => {
    await using at = await world();
    const discovery = await at.discover();
    const parameters = new URLSearchParams({ code: 'c', state: 's', iss: 'https://evil.test' });
    expect(() => codeOfRedirect(parameters, discovery)).toThrowError(expect.objectContaining(invalid));
    const redeemed = { code: 'c', codeVerifier: 'v', redirectUrl: REDIRECT, iss: 'https://evil.test', scope: 'tools' };
    await expect(redeemCode(at.request, discovery, registeredClient(), redeemed)).rejects.toMatchObject(invalid);
    expect(at.server.paths).not.toContain('/token');
  });

  it('a redirect of the token endpoint to another host is not followed', async () => {
    await using at = await world();
    await using other = await MisbehavingAuthorizationServer.start();
    at.server.behave('/token', redirects(`${other.origin}/token`, 307));
    const discovery = await at.discover();
    const redeemed = { code: 'c', codeVerifier: 'v', redirectUrl: REDIRECT, iss: null, scope: 'tools' };
    await expect(redeemCode(at.request, discovery, registeredClient(), redeemed)).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
    });
    expect(await refreshTokens(at.request, discovery, registeredClient(), loginTokens())).toMatchObject({
      kind: 'unknown',
    });
    expect(other.requests).toEqual([]);
  });

  const given = { access_token: 'A', token_type: 'bearer' };
  it.each<[string, Behaviour, unknown]>([
    [
      'tokens without expiry (success)',
      saysJson(given),
      { kind: 'refreshed', tokens: { expiresAtMs: null, refreshToken: 'refresh-token-of-a-test' } },
    ],
    [
      'an expiry in quotes (success)',
      saysJson({ ...given, expires_in: '60' }),
      { kind: 'refreshed', tokens: { expiresAtMs: 1_060_000 } },
    ],
    [
      'a negative expiry (success)',
      saysJson({ ...given, expires_in: -1 }),
      { kind: 'refreshed', tokens: { expiresAtMs: null } },
    ],
    [
      'an infinite expiry (success)',
      saysText('{"access_token":"A","token_type":"bearer","expires_in":1e999}', 200, 'application/json'),
      { kind: 'refreshed', tokens: { expiresAtMs: 1_000_000 + 315_360_000_000 } },
    ],
    ['400 and `invalid_grant` (the login is lost)', saysJson({ error: 'invalid_grant' }, 400), { kind: 'lost' }],
    ['401 and `invalid_client` (the login is lost)', saysJson({ error: 'invalid_client' }, 401), { kind: 'lost' }],
    ['200 and an error (the login is lost)', saysJson({ error: 'bad_refresh_token' }), { kind: 'lost' }],
    ['a DPoP token (the login is lost)', saysJson({ ...given, token_type: 'DPoP' }), { kind: 'lost' }],
    ['400 and an HTML page (outcome unknown)', saysText('<html>', 400), { kind: 'unknown' }],
    ['401 and an empty body (outcome unknown)', saysText('', 401), { kind: 'unknown' }],
    ['500 (outcome unknown)', saysJson({ error: 'server_error' }, 500), { kind: 'unknown' }],
    ['an HTML page (outcome unknown)', WAYS.page, { kind: 'unknown' }],
    ['JSON that nests too deep (outcome unknown)', WAYS.deep, { kind: 'unknown' }],
    ['an endless response (outcome unknown)', WAYS.endless, { kind: 'unknown' }],
    ['a connection that breaks (outcome unknown)', WAYS.resets, { kind: 'unknown' }],
    ['a response that is cut short (outcome unknown)', WAYS.cut, { kind: 'unknown' }],
    ['no response (outcome unknown)', WAYS.silent, { kind: 'unknown' }],
  ])('the response of the token endpoint decides the outcome of a token refresh: %s', async (_, way, outcome) => {
    await using at = await world({ timeoutMs: 1_000 });
    at.server.behave('/token', way);
    expect(await refreshTokens(at.request, await at.discover(), registeredClient(), loginTokens())).toMatchObject(
      outcome as object,
    );
  });

  it('a refresh at an unreachable token endpoint leaves the refresh token unused', async () => {
    await using at = await world();
    const discovery = await at.discover();
    await at.server[Symbol.asyncDispose]();
    // A new client is used here, because it has no open connection over which the request could be sent.
    await using others = new LoginFetchUnderTest();
    const request = others.requestFor({ url: at.server.endpoint, isLocal: true });
    expect(await refreshTokens(request, discovery, registeredClient(), loginTokens())).toMatchObject({
      kind: 'unspent',
    });
  });

  it('errors of a login show no secret, even if the token endpoint sends the request back', async () => {
    await using at = await world();
    const discovery = await at.discover();
    const secrets = { code: 'code-of-a-test-0123', codeVerifier: 'verifier-of-a-test-0123' };
    const client = registeredClient({ clientSecret: 'secret-of-a-test-0123', authMethod: 'client_secret_basic' });
    at.server.behave('/token', (_, response) => {
      const { text, headers } = at.server.requests.at(-1) ?? { text: '', headers: {} };
      const [, basic = ''] = headers.authorization?.split(' ') ?? [];
      const echo = `${text} ${basic} ${Buffer.from(basic, 'base64')}`;
      saysJson({ error: 'invalid_grant', error_description: echo.slice(-150), error_uri: echo }, 400)(
        {} as never,
        response,
      );
    });
    const redeemed = { ...secrets, redirectUrl: REDIRECT, iss: null, scope: 'tools' };
    const error = await redeemCode(at.request, discovery, client, redeemed).catch((thrown: Error) => thrown);
    const outcome = await refreshTokens(at.request, discovery, client, loginTokens());
    const said = JSON.stringify([error, (error as Error).message, (error as Error).cause, outcome]);
    expect(said).toContain('invalid_grant');
    for (const secret of [...Object.values(secrets), 'secret-of-a-test-0123', 'refresh-token-of-a-test'])
      expect(said).not.toContain(secret);
  });
});
