import { describe, expect, it } from 'vitest';
import {
  fetchMachineTokens,
  redeemCode,
  refreshTokens,
  revokeTokens,
} from '../../../../../src/main/connectors/credentials/oauth/token-requests.ts';
import type { LoginTokens } from '../../../../../src/shared/logins/login-records.ts';
import {
  ENDPOINT,
  ISSUER,
  json,
  loginDiscovery,
  loginRequest,
  loginTarget,
  loginTokens,
  registeredClient,
  scriptedFetch,
  serverMetadata,
} from '../../../../helpers/logins/login-parts.ts';

const redeemed = {
  code: 'the-code-of-a-test',
  codeVerifier: 'the-verifier-of-a-test',
  redirectUrl: 'http://127.0.0.1:9/callback',
  iss: null,
  scope: 'a b',
};
const granted = { access_token: 'A', token_type: 'Bearer', expires_in: 60, refresh_token: 'R', scope: 'tools' };
const withMetadata = (overrides: Readonly<Record<string, unknown>>) =>
  loginDiscovery({ metadata: serverMetadata(overrides) as never });
const network = (code: string): Error =>
  Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(code), { code }) });

describe('redeemCode', () => {
  it('redeemCode() sends the code with verifier, redirect URL, client and resource', async () => {
    const { fetch, requests } = scriptedFetch(() => json(granted));
    expect(await redeemCode(loginRequest(fetch), loginDiscovery(), registeredClient(), redeemed)).toEqual({
      accessToken: 'A',
      refreshToken: 'R',
      expiresAtMs: 1_060_000,
      obtainedAtMs: 1_000_000,
      scope: 'tools',
    } satisfies LoginTokens);
    expect(requests.map(({ url, method, body }) => [url, method, Object.fromEntries(body)])).toEqual([
      [
        `${ISSUER}/token`,
        'POST',
        {
          grant_type: 'authorization_code',
          code: redeemed.code,
          code_verifier: redeemed.codeVerifier,
          redirect_uri: redeemed.redirectUrl,
          resource: ENDPOINT,
          client_id: 'the-client',
        },
      ],
    ]);
  });

  it('redeemCode() treats the requested scopes as granted if the response names none', async () => {
    const { fetch } = scriptedFetch(() => json({ ...granted, scope: undefined }));
    const tokens = await redeemCode(loginRequest(fetch), loginDiscovery(), registeredClient(), redeemed);
    expect(tokens.scope).toBe('a b');
  });

  it('redeemCode() sends no code for a redirect of another issuer', async () => {
    const { fetch, requests } = scriptedFetch(() => json(granted));
    const redeeming = redeemCode(loginRequest(fetch), loginDiscovery(), registeredClient(), {
      ...redeemed,
      iss: 'https://evil.test',
    });
    await expect(redeeming).rejects.toMatchObject({
      code: 'LOGIN_METADATA_INVALID',
      message: `The redirect does not come from ${ISSUER}.`,
    });
    expect(requests).toEqual([]);
  });

  it.each<[string, () => Response, string]>([
    [
      'a refusal',
      () => json({ error: 'invalid_grant', error_description: 'too late' }, 400),
      'invalid_grant: too late',
    ],
    ['a refusal with status 200', () => json({ error: 'bad_verification_code' }), 'bad_verification_code'],
    [
      'an echo of the code',
      () => json({ error: 'invalid_grant', error_description: `no ${redeemed.code}` }, 400),
      'invalid_grant',
    ],
    ['an echo of the verifier', () => json({ error: redeemed.codeVerifier }, 400), 'HTTP 400'],
    ['an HTML page', () => new Response('<html>secret</html>', { status: 502 }), 'HTTP 502'],
    ['an HTML page with status 200', () => new Response('<html>secret</html>'), 'its answer is invalid'],
    [
      'a redirect to another host',
      () => new Response(null, { status: 307, headers: { location: 'https://evil.test/' } }),
      'HTTP 307',
    ],
  ])('redeemCode() throws an error that shows no secret and no page text from %s', async (_, answer, words) => {
    const { fetch, requests } = scriptedFetch(answer);
    const redeeming = redeemCode(loginRequest(fetch), loginDiscovery(), registeredClient(), redeemed);
    await expect(redeeming).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
      message: `${ISSUER} did not take the code: ${words}.`,
    });
    expect(requests.length).toBe(1);
  });

  it('redeemCode() rejects a token of a type other than Bearer', async () => {
    const { fetch } = scriptedFetch(() => json({ ...granted, token_type: 'DPoP' }));
    const redeeming = redeemCode(loginRequest(fetch), loginDiscovery(), registeredClient(), redeemed);
    await expect(redeeming).rejects.toMatchObject({ code: 'LOGIN_UNSUPPORTED' });
  });

  it.each([
    ['client_secret_basic', undefined, { authorization: `Basic ${btoa('the-client:S')}` }, {}],
    ['client_secret_post', ['client_secret_post'], {}, { client_id: 'the-client', client_secret: 'S' }],
  ])('redeemCode() authenticates a client that has a secret by %s', async (authMethod, supported, headers, body) => {
    const { fetch, requests } = scriptedFetch(() => json(granted));
    const discovery = withMetadata({ token_endpoint_auth_methods_supported: supported });
    await redeemCode(loginRequest(fetch), discovery, registeredClient({ clientSecret: 'S', authMethod }), redeemed);
    expect(Object.fromEntries(requests[0]?.headers ?? [])).toMatchObject(headers);
    expect(Object.fromEntries(requests[0]?.body ?? [])).toMatchObject(body);
  });

  it('redeemCode() sends the code to /token of the origin if there is no metadata', async () => {
    const { fetch, requests } = scriptedFetch(() => json(granted));
    const discovery = loginDiscovery({ metadata: null, authorizationServerUrl: 'https://mcp.test/' });
    await redeemCode(loginRequest(fetch), discovery, registeredClient(), redeemed);
    expect(requests[0]?.url).toBe('https://mcp.test/token');
  });
});

describe('refreshTokens', () => {
  const refresh = (answer: () => Response, client = registeredClient(), tokens = loginTokens()) => {
    const { fetch, requests } = scriptedFetch(answer);
    return { outcome: refreshTokens(loginRequest(fetch), loginDiscovery(), client, tokens), requests };
  };

  it('refreshTokens() sends the refresh token with client and resource, and returns the new tokens', async () => {
    const { outcome, requests } = refresh(() => json(granted));
    expect(await outcome).toMatchObject({ kind: 'refreshed', tokens: { accessToken: 'A', refreshToken: 'R' } });
    expect(Object.fromEntries(requests[0]?.body ?? [])).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-token-of-a-test',
      resource: ENDPOINT,
      client_id: 'the-client',
    });
  });

  it('refreshTokens() keeps the refresh token and the scope if the response has none', async () => {
    const { outcome } = refresh(() => json({ access_token: 'A', token_type: 'bearer' }));
    expect(await outcome).toEqual({
      kind: 'refreshed',
      tokens: {
        accessToken: 'A',
        refreshToken: 'refresh-token-of-a-test',
        expiresAtMs: null,
        obtainedAtMs: 1_000_000,
        scope: 'tools',
      },
    });
  });

  it.each<[string, () => Response, string]>([
    [
      'invalid_grant',
      () => json({ error: 'invalid_grant', error_description: 'revoked' }, 400),
      'invalid_grant: revoked',
    ],
    ['invalid_client', () => json({ error: 'invalid_client' }, 401), 'invalid_client'],
    ['the error of GitHub with status 200', () => json({ error: 'bad_refresh_token' }), 'bad_refresh_token'],
    [
      'the error of Slack with status 200',
      () => json({ ok: false, error: 'invalid_refresh_token' }),
      'invalid_refresh_token',
    ],
    ['the error of Auth0 with status 403', () => json({ error: 'invalid_grant' }, 403), 'invalid_grant'],
    [
      'a refusal that repeats the token',
      () => json({ error: 'invalid_grant', error_description: 'refresh-token-of-a-test' }, 400),
      'invalid_grant',
    ],
  ])('refreshTokens() returns "lost" after %s', async (_, answer, words) => {
    expect(await refresh(answer).outcome).toEqual({
      kind: 'lost',
      reason: `${ISSUER} refused to refresh the login: ${words}`,
    });
  });

  it('refreshTokens() returns "lost" if the new token is not a Bearer token, or if there is no refresh token', async () => {
    const { outcome } = refresh(() => json({ ...granted, token_type: 'DPoP' }));
    expect(await outcome).toMatchObject({ kind: 'lost', reason: expect.stringContaining('Bearer') });
    const none = refresh(() => json(granted), registeredClient(), loginTokens({ refreshToken: null }));
    expect(await none.outcome).toMatchObject({ kind: 'lost' });
    expect(none.requests).toEqual([]);
  });

  it.each<[string, () => Response]>([
    ['a server error', () => json({ error: 'invalid_grant' }, 500)],
    ['too many requests', () => json({ error: 'invalid_grant' }, 429)],
    ['an HTML page', () => new Response('<html>', { status: 400 })],
    ['an HTML page with status 200', () => new Response('<html>')],
    ['an unknown error code', () => json({ error: 'whatever' }, 400)],
    ['server_error', () => json({ error: 'server_error' }, 400)],
    [
      'a redirect to another host',
      () => new Response(null, { status: 307, headers: { location: 'https://evil.test/' } }),
    ],
    ['an access token that is not a valid header value', () => json({ ...granted, access_token: 'a\r\nb' })],
    ['JSON that nests too deeply', () => new Response(`{"a":${'['.repeat(1_000)}`)],
  ])('refreshTokens() returns "unknown", because the token may be used up, after %s', async (_, answer) => {
    const { outcome, requests } = refresh(answer);
    expect(await outcome).toMatchObject({ kind: 'unknown' });
    expect(requests.every(({ url }) => url === `${ISSUER}/token`)).toBe(true);
  });

  it('refreshTokens() reports why the outcome is unknown, or that nothing was sent', async () => {
    const busy = refresh(() => json({ error: 'slow_down', error_description: 'later' }, 429));
    expect(await busy.outcome).toEqual({ kind: 'unknown', reason: 'it answered slow_down: later' });
    const away = refresh(() => {
      throw network('ECONNREFUSED');
    });
    const reason = `${ISSUER} did not refresh the login: ECONNREFUSED: ECONNREFUSED`;
    expect(await away.outcome).toEqual({ kind: 'unspent', reason });
  });

  it('refreshTokens() returns "unknown" if the secret of a configured client is wrong, as it may be corrected', async () => {
    const { fetch } = scriptedFetch(() => json({ error: 'invalid_client' }, 401));
    const target = loginTarget({ oauth: { clientId: 'mine' }, clientSecret: () => 'wrong' });
    const client = registeredClient({ kind: 'configured', clientId: 'mine' });
    expect(await refreshTokens(loginRequest(fetch, { target }), loginDiscovery(), client, loginTokens())).toMatchObject(
      { kind: 'unknown' },
    );
  });

  it.each(['ECONNREFUSED', 'ENOTFOUND', 'CONNECTOR_ADDRESS_REFUSED', 'CERT_HAS_EXPIRED'])(
    'refreshTokens() returns "unspent", because the token was not sent, after %s',
    async (code) => {
      const { outcome } = refresh(() => {
        throw network(code);
      });
      expect(await outcome).toMatchObject({ kind: 'unspent' });
    },
  );

  it.each(['ECONNRESET', 'UND_ERR_SOCKET'])(
    'refreshTokens() returns "unknown", because the token may have arrived, after %s',
    async (code) => {
      const { outcome } = refresh(() => {
        throw network(code);
      });
      expect(await outcome).toMatchObject({ kind: 'unknown' });
    },
  );

  it('refreshTokens() returns "unknown" if the connection failed after a redirect within the origin', async () => {
    let count = 0;
    const { outcome } = refresh(() => {
      count += 1;
      if (count > 1) throw network('ECONNREFUSED');
      return new Response(null, { status: 307, headers: { location: '/token2' } });
    });
    expect(await outcome).toMatchObject({ kind: 'unknown' });
  });

  it('refreshTokens() returns "unspent" if the secret is missing or the endpoint is not secure', async () => {
    const { fetch, requests } = scriptedFetch(() => json(granted));
    const target = loginTarget({ oauth: { clientId: 'mine', clientSecretEnv: 'S' } });
    const client = registeredClient({ kind: 'configured', clientId: 'mine' });
    const request = loginRequest(fetch, { target });
    expect(await refreshTokens(request, loginDiscovery(), client, loginTokens())).toMatchObject({ kind: 'unspent' });
    const insecure = withMetadata({ token_endpoint: 'http://issuer.test/token' });
    expect(await refreshTokens(loginRequest(fetch), insecure, registeredClient(), loginTokens())).toMatchObject({
      kind: 'unspent',
    });
    expect(requests).toEqual([]);
  });

  it('refreshTokens() rejects only with the reason of its signal', async () => {
    const controller = new AbortController();
    const { fetch } = scriptedFetch(() => {
      controller.abort(new Error('enough'));
      throw new DOMException('aborted', 'AbortError');
    });
    const refreshing = refreshTokens(
      loginRequest(fetch, { signal: controller.signal }),
      loginDiscovery(),
      registeredClient(),
      loginTokens(),
    );
    await expect(refreshing).rejects.toThrow('enough');
  });
});

describe('fetchMachineTokens', () => {
  const target = loginTarget({
    oauth: { clientId: 'mine', clientSecretEnv: 'S' },
    clientSecret: () => 'secret-of-a-test',
  });
  const client = registeredClient({ kind: 'configured', clientId: 'mine', authMethod: null });

  it('fetchMachineTokens() sends the secret, the scope and the resource', async () => {
    const { fetch, requests } = scriptedFetch(() => json({ ...granted, refresh_token: undefined }));
    expect(await fetchMachineTokens(loginRequest(fetch, { target }), loginDiscovery(), client, 'a b')).toMatchObject({
      accessToken: 'A',
      refreshToken: null,
      scope: 'tools',
    });
    expect(requests[0]?.headers.get('authorization')).toBe(`Basic ${btoa('mine:secret-of-a-test')}`);
    expect(Object.fromEntries(requests[0]?.body ?? [])).toEqual({
      grant_type: 'client_credentials',
      scope: 'a b',
      resource: ENDPOINT,
    });
  });

  it('fetchMachineTokens() never repeats the secret in its error message', async () => {
    const { fetch } = scriptedFetch(() =>
      json({ error: 'invalid_client', error_description: 'secret-of-a-test is wrong' }, 401),
    );
    await expect(
      fetchMachineTokens(loginRequest(fetch, { target }), loginDiscovery(), client, null),
    ).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
      message: `${ISSUER} did not log in: invalid_client.`,
    });
  });
});

describe('revokeTokens', () => {
  const revocable = withMetadata({ revocation_endpoint: `${ISSUER}/revoke` });

  it('revokeTokens() revokes the refresh token and the access token', async () => {
    const { fetch, requests } = scriptedFetch(() => new Response(null));
    expect(await revokeTokens(loginRequest(fetch), revocable, registeredClient(), loginTokens())).toBe(true);
    expect(requests.map(({ url, body }) => [url, Object.fromEntries(body)])).toEqual([
      [
        `${ISSUER}/revoke`,
        { token: 'refresh-token-of-a-test', token_type_hint: 'refresh_token', client_id: 'the-client' },
      ],
      [
        `${ISSUER}/revoke`,
        { token: 'access-token-of-a-test', token_type_hint: 'access_token', client_id: 'the-client' },
      ],
    ]);
  });

  it.each([
    ['client_secret_basic', { authorization: `Basic ${btoa('the-client:S')}` }, null],
    ['client_secret_post', {}, 'S'],
  ])('revokeTokens() authenticates the client by %s', async (authMethod, headers, secret) => {
    const { fetch, requests } = scriptedFetch(() => new Response(null));
    const client = registeredClient({ clientSecret: 'S', authMethod });
    expect(await revokeTokens(loginRequest(fetch), revocable, client, loginTokens({ refreshToken: null }))).toBe(true);
    expect(Object.fromEntries(requests[0]?.headers ?? [])).toMatchObject(headers);
    expect(requests[0]?.body.get('client_secret')).toBe(secret);
  });

  it.each<[string, Readonly<Record<string, unknown>>, () => Response]>([
    ['the issuer does not support revocation', {}, () => new Response(null)],
    [
      'the revocation URL is not secure',
      { revocation_endpoint: 'http://issuer.test/revoke' },
      () => new Response(null),
    ],
    ['the revocation URL is invalid', { revocation_endpoint: 'x' }, () => new Response(null)],
    ['the issuer refuses', { revocation_endpoint: `${ISSUER}/revoke` }, () => json({}, 503)],
    [
      'the network fails',
      { revocation_endpoint: `${ISSUER}/revoke` },
      () => {
        throw network('ECONNRESET');
      },
    ],
  ])('revokeTokens() returns false if %s', async (_, metadata, answer) => {
    const { fetch } = scriptedFetch(answer);
    expect(await revokeTokens(loginRequest(fetch), withMetadata(metadata), registeredClient(), loginTokens())).toBe(
      false,
    );
  });

  it('revokeTokens() rejects with the reason of its signal', async () => {
    const { fetch } = scriptedFetch(() => {
      throw new Error('aborted');
    });
    const request = loginRequest(fetch, { signal: AbortSignal.abort(new Error('enough')) });
    await expect(revokeTokens(request, revocable, registeredClient(), loginTokens())).rejects.toThrow('enough');
  });
});
