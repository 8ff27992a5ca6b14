import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { LoginTarget } from '../../../../src/main/connectors/credentials/login-target.ts';
import {
  codeOfRedirect,
  prepareAuthorization,
} from '../../../../src/main/connectors/credentials/oauth/authorization.ts';
import { identifyClient } from '../../../../src/main/connectors/credentials/oauth/client-identity.ts';
import { discoverLogin } from '../../../../src/main/connectors/credentials/oauth/login-discovery.ts';
import { chooseScope } from '../../../../src/main/connectors/credentials/oauth/scopes.ts';
import {
  fetchMachineTokens,
  redeemCode,
  refreshTokens,
  revokeTokens,
} from '../../../../src/main/connectors/credentials/oauth/token-requests.ts';
import { AuthorizationServer, type AuthorizationServerOptions } from '../../../helpers/logins/authorization-server.ts';
import { LoginFetchUnderTest } from '../../../helpers/logins/login-fetch-under-test.ts';
import { ProtectedMcpServer } from '../../../helpers/logins/protected-mcp-server.ts';
import { ScriptedBrowser } from '../../../helpers/logins/scripted-browser.ts';

const REDIRECT = 'http://127.0.0.1:9/callback';
const choice = { redirectUrl: REDIRECT, clientMetadataUrl: null, stored: null };

/** A real authorization server, a real protected server, and the metadata found through the server's challenge. */
async function world(options: AuthorizationServerOptions, target: Partial<LoginTarget> = {}) {
  const issuer = await AuthorizationServer.start(options);
  const server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
  const fetches = new LoginFetchUnderTest();
  const request = {
    ...fetches.requestFor({ url: new URL(server.url), isLocal: true, ...target }),
    now: () => Date.now(),
  };
  const refused = await fetch(server.url, { method: 'POST', body: '{}' });
  const wwwAuthenticate = refused.headers.get('www-authenticate');
  const challenge = {
    status: 401,
    wwwAuthenticate,
    url: request.target.url,
    dpopNonce: null,
    resends: 0,
    method: 'POST',
  } as const;
  const discovery = await discoverLogin(request, challenge);
  return {
    issuer,
    request,
    discovery,
    /** Whether the protected server accepts this token. */
    async takes(accessToken: string): Promise<boolean> {
      const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' };
      const { status, body } = await fetch(server.url, { method: 'POST', headers, body: '{}' });
      await body?.cancel();
      return status !== 401 && status !== 403;
    },
    async [Symbol.asyncDispose]() {
      await fetches[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await issuer[Symbol.asyncDispose]();
    },
  };
}

describe('a real authorization server', () => {
  it('a person can log in at a real authorization server, which accepts the authorization code only once', async () => {
    await using at = await world({});
    const { request, discovery } = at;
    const scope = chooseScope(request.target, discovery, null, null, 'person');
    const client = await identifyClient(request, discovery, { ...choice, scope });
    const asked = { redirectUrl: REDIRECT, scope, state: 'of a test' };
    const { url, codeVerifier } = await prepareAuthorization(discovery, client, asked);
    const came = new URL((await new ScriptedBrowser().follow(url, { stopAt: REDIRECT })).url).searchParams;
    const redeemed = {
      code: codeOfRedirect(came, discovery),
      codeVerifier,
      redirectUrl: REDIRECT,
      iss: came.get('iss'),
      scope: 'tools',
    };
    const tokens = await redeemCode(request, discovery, client, redeemed);
    expect(tokens).toMatchObject({ refreshToken: expect.any(String), expiresAtMs: expect.any(Number) });
    expect(await at.takes(tokens.accessToken)).toBe(true);
    await expect(redeemCode(request, discovery, client, redeemed)).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
      message: expect.stringContaining('invalid_grant'),
    });
  });

  it('a refresh at a real authorization server returns a new refresh token, which is invalid after revocation', async () => {
    await using at = await world({});
    const { request, discovery } = at;
    const client = await identifyClient(request, discovery, choice);
    const asked = { redirectUrl: REDIRECT, scope: 'tools', state: 's' };
    const { url, codeVerifier } = await prepareAuthorization(discovery, client, asked);
    const came = new URL((await new ScriptedBrowser().follow(url, { stopAt: REDIRECT })).url).searchParams;
    const redeemed = {
      code: codeOfRedirect(came, discovery),
      codeVerifier,
      redirectUrl: REDIRECT,
      iss: came.get('iss'),
      scope: 'tools',
    };
    const first = await redeemCode(request, discovery, client, redeemed);
    const outcome = await refreshTokens(request, discovery, client, first);
    if (outcome.kind !== 'refreshed') throw new Error(outcome.kind);
    expect(outcome.tokens.refreshToken).not.toBe(first.refreshToken);
    expect(await at.takes(outcome.tokens.accessToken)).toBe(true);
    expect(await revokeTokens(request, discovery, client, outcome.tokens)).toBe(true);
    expect(await refreshTokens(request, discovery, client, outcome.tokens)).toMatchObject({
      kind: 'lost',
      reason: expect.stringContaining('invalid_grant'),
    });
  });

  const machine = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [], scope: 'tools admin' };
  const oauth = { clientId: 'machine', grant: 'client_credentials' } as const;

  it('a machine can log in with a client secret at a real authorization server', async () => {
    const secret = 'secret-of-a-machine';
    const clients = [{ client_id: 'machine', client_secret: secret, ...machine }] as never;
    const target = { oauth: { ...oauth, clientSecretEnv: 'S' }, clientSecret: () => secret };
    await using at = await world({ clients }, target);
    const { request, discovery } = at;
    const client = await identifyClient(request, discovery, { ...choice, redirectUrl: null });
    const scope = chooseScope(request.target, discovery, null, null, 'machine');
    const tokens = await fetchMachineTokens(request, discovery, client, scope);
    expect([tokens.refreshToken, await at.takes(tokens.accessToken)]).toEqual([null, true]);
  });

  it('a machine can log in with a private key at a real authorization server', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' }] };
    const method = { token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256' };
    const clients = [{ client_id: 'machine', jwks, ...method, ...machine }] as never;
    const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await using at = await world({ clients }, { oauth: { ...oauth, privateKeyEnv: 'K' }, privateKey: () => pem });
    const { request, discovery } = at;
    const client = await identifyClient(request, discovery, { ...choice, redirectUrl: null });
    const tokens = await fetchMachineTokens(request, discovery, client, 'tools');
    expect(await at.takes(tokens.accessToken)).toBe(true);
  });

  it('a real authorization server refuses a machine login with a wrong secret', async () => {
    const clients = [{ client_id: 'machine', client_secret: 'right-secret', ...machine }] as never;
    const target = { oauth: { ...oauth, clientSecretEnv: 'S' }, clientSecret: () => 'wrong-secret' };
    await using at = await world({ clients }, target);
    const client = await identifyClient(at.request, at.discovery, { ...choice, redirectUrl: null });
    await expect(fetchMachineTokens(at.request, at.discovery, client, 'tools')).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
      message: expect.stringContaining('invalid_client'),
    });
  });
});
