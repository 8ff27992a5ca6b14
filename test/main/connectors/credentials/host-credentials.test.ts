import { runInNewContext } from 'node:vm';
import { DpopSession, type OAuthClientProvider, type OAuthTokens } from '@modelcontextprotocol/client';
import { Agent } from 'undici';
import { describe, expect, it } from 'vitest';
import type { Challenge } from '../../../../src/main/connectors/credentials/credentials.ts';
import { HostCredentials } from '../../../../src/main/connectors/credentials/host-credentials.ts';

const URL_OF = new URL('https://mcp.test/mcp?a=1');
const SENDING = { method: 'POST', url: URL_OF };
const challenge = (more: Partial<Challenge> = {}): Challenge => ({
  ...{ status: 401, wwwAuthenticate: 'Bearer', dpopNonce: null, url: URL_OF, method: 'POST', resends: 0 },
  ...more,
});

/** Creates credentials whose OAuth provider returns these tokens. Every other method of the provider throws. */
function credentialsOf(tokens: OAuthClientProvider['tokens'], dpop?: DpopSession): HostCredentials {
  const provider = { tokens, ...(dpop && { dpop: () => dpop }) } as OAuthClientProvider;
  return new HostCredentials({
    ...{ connectorId: 'one', url: URL_OF, headers: {}, dispatcher: new Agent() },
    oauth: { provider, callback: () => Promise.reject(new Error('not now')) },
  });
}

const bearer = (token: string): OAuthTokens => ({ access_token: token, token_type: 'Bearer' });

const claimsOf = (proof: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

describe('HostCredentials', () => {
  it('HostCredentials returns headers synchronously if the provider returns its token synchronously', () => {
    expect(credentialsOf(() => bearer('t')).headers(null, SENDING)).toEqual(['authorization', 'Bearer t']);
    expect(credentialsOf(() => undefined).headers(null, SENDING)).toEqual([]);
  });

  it('HostCredentials returns the token of an asynchronous provider', async () => {
    const credentials = credentialsOf(async () => bearer('t'));
    expect(await credentials.headers(null, SENDING)).toEqual(['authorization', 'Bearer t']);
  });

  it('HostCredentials creates a new DPoP proof for each request with a DPoP-bound token', async () => {
    const session = await DpopSession.create();
    const bound = { access_token: 't', token_type: 'DPoP' };
    const credentials = credentialsOf(() => bound, session);
    const [, authorization, name, proof = ''] = await credentials.headers(null, SENDING);
    expect([authorization, name]).toEqual(['DPoP t', 'dpop']);
    expect(claimsOf(proof)).toMatchObject({ htm: 'POST', htu: 'https://mcp.test/mcp' });
    const [, , , other = ''] = await credentials.headers(null, { ...SENDING, method: 'GET' });
    expect(claimsOf(other)).toMatchObject({ htm: 'GET' });
    expect(claimsOf(other).jti).not.toBe(claimsOf(proof).jti);
  });

  it('HostCredentials sends a Bearer token without a DPoP proof', async () => {
    const credentials = credentialsOf(() => bearer('t'), await DpopSession.create());
    expect(await credentials.headers(null, SENDING)).toEqual(['authorization', 'Bearer t']);
  });

  it("HostCredentials includes a server's nonce in the next DPoP proof, without a new login", async () => {
    const credentials = credentialsOf(() => ({ access_token: 't', token_type: 'DPoP' }), await DpopSession.create());
    const sent = await credentials.headers(null, SENDING);
    const wants = challenge({ wwwAuthenticate: 'DPoP error="use_dpop_nonce"', dpopNonce: 'n1' });
    expect(await credentials.refused(wants, sent, null)).toEqual({ kind: 'retry' });
    const [, , , proof = ''] = await credentials.headers(null, SENDING);
    expect(claimsOf(proof)).toMatchObject({ nonce: 'n1' });
  });

  it('HostCredentials retries a request without a login if the token was already renewed', async () => {
    let token = 'old';
    const credentials = credentialsOf(() => bearer(token));
    const sent = await credentials.headers(null, SENDING);
    token = 'new';
    expect(await credentials.refused(challenge(), sent, null)).toEqual({ kind: 'retry' });
  });

  it('HostCredentials ignores a 403 that does not require another scope', async () => {
    const credentials = credentialsOf(() => bearer('t'));
    const verdict = credentials.refused(challenge({ status: 403 }), ['authorization', 'Bearer t'], null);
    expect(await verdict).toEqual({ kind: 'refused', hint: null });
  });

  it('HostCredentials never requests a login for the request that ends a session', async () => {
    const credentials = credentialsOf(() => bearer('t'));
    const end = challenge({ method: 'DELETE' });
    expect(await credentials.refused(end, ['authorization', 'Bearer t'], null)).toEqual({
      kind: 'refused',
      hint: null,
    });
  });

  it('HostCredentials accepts loosely typed values from the host, such as null and tokens without a type', async () => {
    // This promise comes from another realm, so it is not an instance of the Promise class of this file.
    const own = runInNewContext(`Promise.resolve({ access_token: 't', token_type: 'Bearer' })`) as unknown;
    expect(await credentialsOf(() => own as never).headers(null, SENDING)).toEqual(['authorization', 'Bearer t']);
    expect(credentialsOf(() => null as never).headers(null, SENDING)).toEqual([]);
    const untyped = credentialsOf(() => ({ access_token: 't' }) as never);
    expect(untyped.headers(null, SENDING)).toEqual(['authorization', 'Bearer t']);
  });

  it("HostCredentials reports an error of the host's OAuth provider as the reason why a login failed", async () => {
    const credentials = credentialsOf(() => Promise.reject(new Error('the vault is locked')));
    const verdict = await credentials.refused(challenge(), [], null);
    expect(verdict).toMatchObject({ kind: 'login', error: { code: 'LOGIN_FAILED' } });
    expect(verdict).toMatchObject({ error: { message: expect.stringContaining('the vault is locked') } });
  });
});
