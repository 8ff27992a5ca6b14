import { describe, expect, it } from 'vitest';
import { registerAtIssuer } from '../../../../../src/main/connectors/credentials/oauth/client-registration.ts';
import {
  ISSUER,
  json,
  loginDiscovery,
  loginRequest,
  scriptedFetch,
  serverMetadata,
} from '../../../../helpers/logins/login-parts.ts';

const redirectUrl = 'http://127.0.0.1:9/callback';

function register(
  answer: () => Response,
  metadata: Readonly<Record<string, unknown>> | null = {},
  redirect = redirectUrl,
) {
  const { fetch, requests } = scriptedFetch(answer);
  const discovery = loginDiscovery({ metadata: metadata === null ? null : (serverMetadata(metadata) as never) });
  return { requests, client: registerAtIssuer(loginRequest(fetch), discovery, redirect) };
}
const good =
  (overrides: Readonly<Record<string, unknown>> = {}) =>
  () =>
    json({ client_id: 'new', redirect_uris: [redirectUrl], ...overrides }, 201);

describe('registerAtIssuer', () => {
  it('registerAtIssuer() registers a public native client with its redirect URL, and no scope if none is known', async () => {
    const { client, requests } = register(good());
    expect(await client).toEqual({
      kind: 'registered',
      clientId: 'new',
      clientSecret: null,
      authMethod: null,
      redirectUris: [redirectUrl],
      secretExpiresAtMs: null,
      scope: null,
    });
    expect(JSON.parse(requests[0]?.text ?? '')).toEqual({
      client_name: 'mcp-switchyard',
      redirect_uris: [redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
    });
  });

  it('registerAtIssuer() registers the requested scopes and all scopes that the resource supports', async () => {
    const { fetch, requests } = scriptedFetch(good());
    const resourceMetadata = { resource: 'https://mcp.test/mcp', scopes_supported: ['tools', 'admin'] };
    const discovery = loginDiscovery({ resourceMetadata });
    const client = await registerAtIssuer(loginRequest(fetch), discovery, redirectUrl, 'tools offline_access');
    expect(JSON.parse(requests[0]?.text ?? '')).toMatchObject({ scope: 'tools offline_access admin' });
    expect(client.scope).toBe('tools offline_access admin');
  });

  it('registerAtIssuer() omits the scopes if the issuer refuses them, and keeps the scopes that the issuer registers', async () => {
    const answers = [() => json({ error: 'invalid_client_metadata' }, 400), good({ scope: 'its own' })];
    const { fetch, requests } = scriptedFetch(() => answers.shift()?.() ?? json({}, 500));
    const client = await registerAtIssuer(loginRequest(fetch), loginDiscovery(), redirectUrl, 'tools');
    expect(requests.map(({ text }) => JSON.parse(text ?? '').scope)).toEqual(['tools', undefined]);
    expect(client.scope).toBe('its own');
  });

  it('registerAtIssuer() registers a web client for a web redirect URL, with the grants that the issuer supports', async () => {
    const metadata = {
      grant_types_supported: ['authorization_code'],
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    };
    const { client, requests } = register(
      good({ redirect_uris: ['https://gate.test/login/callback'] }),
      metadata,
      'https://gate.test/login/callback',
    );
    await client;
    expect(JSON.parse(requests[0]?.text ?? '')).toMatchObject({
      application_type: 'web',
      grant_types: ['authorization_code'],
      token_endpoint_auth_method: 'client_secret_post',
    });
  });

  it("registerAtIssuer() returns the client's secret, its expiry and its authentication method", async () => {
    const { client } = register(
      good({ client_secret: 'S', client_secret_expires_at: 2_000, token_endpoint_auth_method: 'client_secret_basic' }),
    );
    expect(await client).toMatchObject({
      clientSecret: 'S',
      secretExpiresAtMs: 2_000_000,
      authMethod: 'client_secret_basic',
    });
    const forEver = register(good({ client_secret: 'S', client_secret_expires_at: 0 }));
    expect(await forEver.client).toMatchObject({ clientSecret: 'S', secretExpiresAtMs: null });
  });

  it('registerAtIssuer() accepts responses with null members or without redirect URLs', async () => {
    const { client } = register(() => json({ client_id: 'new', client_secret: null, logo_uri: null }, 200));
    expect(await client).toMatchObject({ clientId: 'new', clientSecret: null });
  });

  it('registerAtIssuer() registers at /register of the origin if there is no metadata', async () => {
    const { client, requests } = register(good(), null);
    await client;
    expect(requests[0]?.url).toBe(`${ISSUER}/register`);
  });

  it('registerAtIssuer() fails at an issuer that offers no registration', async () => {
    const { client, requests } = register(good(), { registration_endpoint: undefined });
    await expect(client).rejects.toMatchObject({ code: 'LOGIN_CLIENT_UNKNOWN' });
    expect(requests).toEqual([]);
  });

  it.each<[string, () => Response]>([
    ['other redirect URLs', good({ redirect_uris: ['https://evil.test/callback'] })],
    ['no client_id', good({ client_id: undefined })],
    ['an empty client_id', good({ client_id: '' })],
    ['a client_id with line breaks', good({ client_id: 'a\r\nb' })],
    ['a secret with line breaks', good({ client_secret: 'a\nb' })],
    ['a method that was not requested', good({ token_endpoint_auth_method: 'tls_client_auth' })],
    ['invalid JSON', () => new Response('<html>', { status: 201 })],
    ['an array in place of an object', () => json([], 201)],
  ])('registerAtIssuer() rejects a response with %s', async (_, answer) => {
    await expect(register(answer).client).rejects.toMatchObject({ code: 'LOGIN_METADATA_INVALID' });
  });

  it('registerAtIssuer() throws an error with the code and the sanitized description of a refusal', async () => {
    const refusal = { error: 'invalid_redirect_uri', error_description: 'only\nhttps \u0000', secret: 'x' };
    await expect(register(() => json(refusal, 400)).client).rejects.toMatchObject({
      code: 'LOGIN_CLIENT_UNKNOWN',
      message: `${ISSUER} registered no client: invalid_redirect_uri: only https.`,
    });
  });

  it.each<[string, Response, string, string]>([
    ['an HTML page', new Response('<html>secret</html>', { status: 403 }), 'LOGIN_CLIENT_UNKNOWN', 'HTTP 403'],
    [
      'a redirect',
      new Response(null, { status: 302, headers: { location: 'https://evil.test/' } }),
      'LOGIN_CLIENT_UNKNOWN',
      'HTTP 302',
    ],
    ['a server error', json({ error: 'x' }, 500), 'LOGIN_FAILED', 'x'],
    ['too many requests', json({}, 429), 'LOGIN_FAILED', 'HTTP 429'],
  ])(
    'registerAtIssuer() throws an error with only the status or the error code after %s',
    async (_, response, code, words) => {
      await expect(register(() => response).client).rejects.toMatchObject({
        code,
        message: `${ISSUER} registered no client: ${words}.`,
      });
    },
  );

  it('registerAtIssuer() reports that the issuer could not be reached', async () => {
    const { client } = register(() => {
      throw Object.assign(new TypeError('fetch failed'), {
        cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
      });
    });
    await expect(client).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});
