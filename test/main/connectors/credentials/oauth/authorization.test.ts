import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  codeOfRedirect,
  prepareAuthorization,
} from '../../../../../src/main/connectors/credentials/oauth/authorization.ts';
import {
  ENDPOINT,
  ISSUER,
  loginDiscovery,
  registeredClient,
  serverMetadata,
} from '../../../../helpers/logins/login-parts.ts';

const asked = { redirectUrl: 'http://127.0.0.1:9/callback', scope: 'a b', state: 'the-state' };
const withMetadata = (overrides: Readonly<Record<string, unknown>>) =>
  loginDiscovery({ metadata: serverMetadata(overrides) as never });
const invalid = (message: string) =>
  expect.objectContaining({ code: 'LOGIN_METADATA_INVALID', message: expect.stringContaining(message) });

describe('prepareAuthorization', () => {
  it('prepareAuthorization() sets client, resource, scope, state and the S256 challenge of the PKCE verifier', async () => {
    const { url, codeVerifier } = await prepareAuthorization(loginDiscovery(), registeredClient(), asked);
    expect(url.origin + url.pathname).toBe(`${ISSUER}/authorize`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: 'the-client',
      code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
      redirect_uri: asked.redirectUrl,
      state: 'the-state',
      scope: 'a b',
      resource: ENDPOINT,
    });
    expect(codeVerifier.length).toBeGreaterThanOrEqual(43);
  });

  it('prepareAuthorization() creates a different PKCE verifier each time', async () => {
    const [one, other] = await Promise.all(
      [1, 2].map(() => prepareAuthorization(loginDiscovery(), registeredClient(), asked)),
    );
    expect(one?.codeVerifier).not.toBe(other?.codeVerifier);
  });

  it('prepareAuthorization() replaces parameters that the endpoint URL already has', async () => {
    const discovery = withMetadata({
      authorization_endpoint: `${ISSUER}/authorize?tenant=1&redirect_uri=https://evil.test&state=evil`,
    });
    const { url } = await prepareAuthorization(discovery, registeredClient(), asked);
    expect(url.searchParams.getAll('redirect_uri')).toEqual([asked.redirectUrl]);
    expect(url.searchParams.getAll('state')).toEqual(['the-state']);
    expect(url.searchParams.get('tenant')).toBe('1');
  });

  it('prepareAuthorization() requests no scope if the issuer chooses the scopes', async () => {
    const { url } = await prepareAuthorization(loginDiscovery(), registeredClient(), { ...asked, scope: null });
    expect(url.searchParams.has('scope')).toBe(false);
  });

  it('prepareAuthorization() uses the default endpoint of MCP 2025-03-26 if there is no metadata', async () => {
    const discovery = loginDiscovery({ metadata: null, authorizationServerUrl: 'https://mcp.test/' });
    const { url } = await prepareAuthorization(discovery, registeredClient(), asked);
    expect(url.href).toMatch(/^https:\/\/mcp\.test\/authorize\?/);
  });

  it.each<[string, Parameters<typeof withMetadata>[0], string]>([
    ['that supports only plain PKCE', { code_challenge_methods_supported: ['plain'] }, 'PKCE'],
    ['that supports no PKCE', { code_challenge_methods_supported: [] }, 'PKCE'],
    ['without the response type code', { response_types_supported: ['token'] }, 'response type'],
    [
      'whose authorization endpoint is a javascript: URL',
      { authorization_endpoint: 'javascript:alert(1)' },
      'authorization_endpoint',
    ],
    ['whose authorization endpoint is a file: URL', { authorization_endpoint: 'file:///x' }, 'authorization_endpoint'],
    [
      'whose authorization endpoint uses plain http',
      { authorization_endpoint: 'http://issuer.test/authorize' },
      'authorization_endpoint',
    ],
  ])('prepareAuthorization() rejects an issuer %s', async (_, metadata, message) => {
    await expect(prepareAuthorization(withMetadata(metadata), registeredClient(), asked)).rejects.toThrowError(
      invalid(message),
    );
  });

  it('prepareAuthorization() rejects an http origin if there is no metadata', async () => {
    const discovery = loginDiscovery({ metadata: null, authorizationServerUrl: 'http://mcp.test/' });
    await expect(prepareAuthorization(discovery, registeredClient(), asked)).rejects.toThrowError(invalid('https'));
  });
});

describe('codeOfRedirect', () => {
  const read = (parameters: string, metadata: Parameters<typeof withMetadata>[0] = {}) =>
    codeOfRedirect(new URLSearchParams(parameters), withMetadata(metadata));
  const promises = { authorization_response_iss_parameter_supported: true };

  it('codeOfRedirect() returns the code of a redirect with the correct iss parameter, or without iss', () => {
    expect(read(`code=abc&state=s&iss=${ISSUER}`)).toBe('abc');
    expect(read('code=abc&state=s')).toBe('abc');
    expect(read(`code=abc&iss=${ISSUER}`, promises)).toBe('abc');
  });

  it.each<[string, string, Parameters<typeof withMetadata>[0]]>([
    ['the iss of another issuer', 'code=abc&iss=https://evil.test', {}],
    ['an iss that has an extra slash', `code=abc&iss=${ISSUER}/`, {}],
    ['an empty iss', 'code=abc&iss=', {}],
    ['no iss though the issuer announces one', 'code=abc', promises],
    ['two iss parameters', `code=abc&iss=${ISSUER}&iss=https://evil.test`, {}],
    ['two codes', `code=abc&code=def&iss=${ISSUER}`, {}],
    ['an error of another issuer', 'error=access_denied&error_description=call+555&iss=https://evil.test', {}],
  ])('codeOfRedirect() rejects a redirect with %s', (_, parameters, metadata) => {
    const error = (() => {
      try {
        return read(parameters, metadata);
      } catch (thrown) {
        return thrown as Error;
      }
    })();
    expect(error).toMatchObject({ code: 'LOGIN_METADATA_INVALID' });
    expect(String((error as Error).message)).not.toMatch(/evil|abc|555/);
  });

  it('codeOfRedirect() throws an error whose message contains the error from the issuer, without control characters', () => {
    expect(() => read('error=access_denied&error_description=The+person%0Asaid%1b[31m+no&state=s')).toThrowError(
      expect.objectContaining({
        code: 'LOGIN_FAILED',
        message: `${ISSUER} refused the login: access_denied: The person said [31m no.`,
      }),
    );
    expect(() => read('error=%3Cscript%3E')).toThrowError(`${ISSUER} refused the login: an error.`);
  });

  it('codeOfRedirect() shows no error description that contains a part of the state', () => {
    const state = 'abcdefghijklmnopqrstuvwxyz';
    expect(() => read(`error=access_denied&error_description=bad+${state.slice(3, 20)}&state=${state}`)).toThrowError(
      `${ISSUER} refused the login: access_denied.`,
    );
  });

  it.each(['', 'code=', 'code=%00', `code=${'x'.repeat(9_000)}`])(
    'codeOfRedirect() finds no code in the parameters %j',
    (parameters) => {
      expect(() => read(parameters)).toThrowError(expect.objectContaining({ code: 'LOGIN_FAILED' }));
    },
  );

  it('codeOfRedirect() accepts a code without iss if there is no metadata to compare with', () => {
    expect(codeOfRedirect(new URLSearchParams('code=abc'), loginDiscovery({ metadata: null }))).toBe('abc');
  });
});
