import { describe, expect, it } from 'vitest';
import type { LoginTarget } from '../../../../../src/main/connectors/credentials/login-target.ts';
import { discoverLogin } from '../../../../../src/main/connectors/credentials/oauth/login-discovery.ts';
import { SwitchyardError } from '../../../../../src/shared/errors.ts';
import {
  ENDPOINT,
  ISSUER,
  json,
  loginRequest,
  loginTarget,
  scriptedFetch,
  serverMetadata,
} from '../../../../helpers/logins/login-parts.ts';

type Pages = Readonly<Record<string, unknown>>;
const PRM = 'https://mcp.test/.well-known/oauth-protected-resource';
const AS = '/.well-known/oauth-authorization-server';
const OIDC = '/.well-known/openid-configuration';
const resource = (overrides: Pages = {}) => ({ resource: ENDPOINT, authorization_servers: [ISSUER], ...overrides });
const good: Pages = { [`${PRM}/mcp`]: resource(), [ISSUER + AS]: serverMetadata() };

/** Runs a discovery against a server that has only these pages. Pages are sent as JSON, unless a page is a Response. */
function discover(pages: Pages, wwwAuthenticate: string | null = null, target: Partial<LoginTarget> = {}) {
  const { fetch, requests } = scriptedFetch(({ url }) => {
    const page = pages[url];
    if (page instanceof Error) throw page;
    return page instanceof Response ? page.clone() : page === undefined ? json({}, 404) : json(page);
  });
  const refusal = { status: 401, url: new URL(ENDPOINT), dpopNonce: null, resends: 0, method: 'POST' } as const;
  const challenge = wwwAuthenticate === null ? null : { ...refusal, wwwAuthenticate };
  const found = discoverLogin(loginRequest(fetch, { target: loginTarget(target) }), challenge);
  return { found, urls: () => requests.map(({ url }) => url) };
}
const invalid = (message = '') => ({ code: 'LOGIN_METADATA_INVALID', message: expect.stringContaining(message) });

describe('discoverLogin', () => {
  it('discoverLogin() finds the resource and the issuer at the well-known URLs', async () => {
    const { found, urls } = discover(good);
    expect(await found).toEqual({
      issuer: ISSUER,
      resource: ENDPOINT,
      authorizationServerUrl: ISSUER,
      metadata: serverMetadata(),
      resourceMetadata: resource(),
    });
    expect(urls()).toEqual([`${PRM}/mcp`, ISSUER + AS]);
  });

  it.each(['\u001b[2J', 'run this', '\u202e', 'x'.repeat(2_048)])(
    'discoverLogin() rejects an issuer or resource name that could mislead a terminal or a person: %j',
    async (text) => {
      const issuer = `${ISSUER}/${text}`;
      const named = { ...good, [`${PRM}/mcp`]: resource({ authorization_servers: [issuer] }) };
      await expect(discover(named).found).rejects.toMatchObject(invalid('The authorization server is not a valid URL'));
      const other = { ...good, [`${PRM}/mcp`]: resource({ resource: `https://mcp.test/${text}` }) };
      await expect(discover(other).found).rejects.toMatchObject(invalid('belongs to another resource'));
    },
  );

  it('discoverLogin() reads at most a thousand items of a list in resource metadata', async () => {
    const scopes = Array.from({ length: 200_000 }, (_, index) => `s${index}`);
    const { found } = discover({ ...good, [`${PRM}/mcp`]: resource({ scopes_supported: scopes }) });
    expect((await found).resourceMetadata?.scopes_supported).toEqual(scopes.slice(0, 1_000));
    const invalidOnes = resource({ authorization_servers: Array.from({ length: 100_000 }, () => 'no address') });
    await expect(discover({ [`${PRM}/mcp`]: invalidOnes }).found).rejects.toMatchObject(invalid('is invalid'));
  });

  it('discoverLogin() first tries the metadata URL that the challenge names', async () => {
    const { found, urls } = discover(
      { ...good, 'https://other.test/prm': resource() },
      'Bearer resource_metadata="https://other.test/prm"',
    );
    await found;
    expect(urls()[0]).toBe('https://other.test/prm');
  });

  it('discoverLogin() tries the well-known URLs if the metadata URL of the challenge does not exist', async () => {
    const { found, urls } = discover(good, 'Bearer resource_metadata="https://mcp.test/gone"');
    expect(await found).toMatchObject({ issuer: ISSUER });
    expect(urls()).toEqual(['https://mcp.test/gone', `${PRM}/mcp`, ISSUER + AS]);
  });

  it('discoverLogin() fails if the metadata URL of the challenge responds with a server error', async () => {
    const { found } = discover(
      { ...good, 'https://mcp.test/x': json({}, 503) },
      'Bearer resource_metadata="https://mcp.test/x"',
    );
    await expect(found).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
      message: 'https://mcp.test/x answered with HTTP 503.',
    });
  });

  it.each([
    ['the path of the endpoint', `${PRM}/mcp`],
    ['the root of the origin', PRM],
  ])('discoverLogin() finds the resource metadata at the well-known URL for %s', async (_, address) => {
    expect(await discover({ [address]: resource(), [ISSUER + AS]: serverMetadata() }).found).toMatchObject({
      issuer: ISSUER,
    });
  });

  const tenant = `${ISSUER}/tenant`;
  const openId = {
    jwks_uri: `${ISSUER}/jwks`,
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  };
  it.each([
    ['RFC 8414', ISSUER, ISSUER + AS],
    ['OpenID', ISSUER, ISSUER + OIDC],
    ['RFC 8414 with a path', tenant, `${ISSUER}${AS}/tenant`],
    ['OpenID, inserted before the path', tenant, `${ISSUER}${OIDC}/tenant`],
    ['OpenID, appended to the path', tenant, `${tenant}${OIDC}`],
  ])(
    'discoverLogin() finds the issuer metadata by %s, including the revocation endpoint',
    async (_, issuer, address) => {
      const metadata = serverMetadata({ issuer, revocation_endpoint: `${ISSUER}/revoke`, ...openId });
      const { found } = discover({
        [`${PRM}/mcp`]: resource({ authorization_servers: [issuer] }),
        [address]: metadata,
      });
      expect(await found).toMatchObject({ issuer, metadata: { revocation_endpoint: `${ISSUER}/revoke` } });
    },
  );

  it('discoverLogin() uses the origin as issuer if there is no resource metadata', async () => {
    const metadata = serverMetadata({ issuer: 'https://mcp.test' });
    expect(await discover({ [`https://mcp.test${AS}`]: metadata }).found).toMatchObject({
      issuer: 'https://mcp.test',
      resource: ENDPOINT,
      resourceMetadata: null,
    });
  });

  it('discoverLogin() falls back to the MCP 2025-03-26 endpoints if there is no metadata at all', async () => {
    const target = { url: new URL(`${ENDPOINT}?a=b#c`) };
    expect(await discover({}, null, target).found).toEqual({
      issuer: 'https://mcp.test/',
      resource: `${ENDPOINT}?a=b`,
      authorizationServerUrl: 'https://mcp.test/',
      metadata: null,
      resourceMetadata: null,
    });
  });

  it.each([
    ['HTML pages', new Response('<html>[[[</html>', { headers: { 'content-type': 'text/html' } })],
    ['JSON arrays', json([])],
    ['an error with status 200', json({ error: 'not found' })],
    ['an empty body', new Response('')],
    ['redirects to another host', new Response(null, { status: 302, headers: { location: 'https://evil.test/' } })],
    ['the status 401', json({}, 401)],
    ['the status 500', json({}, 500)],
  ])('discoverLogin() finds nothing at a server that answers every path with %s', async (_, answer) => {
    const { fetch, requests } = scriptedFetch(() => answer.clone());
    expect(await discoverLogin(loginRequest(fetch), null)).toMatchObject({ metadata: null, resourceMetadata: null });
    expect(requests.every(({ url }) => url.startsWith('https://mcp.test/'))).toBe(true);
  });

  it('discoverLogin() accepts metadata with null members', async () => {
    const nulls = { registration_endpoint: null, scopes_supported: null };
    const { found } = discover({ ...good, [ISSUER + AS]: serverMetadata(nulls) });
    expect((await found).metadata).not.toHaveProperty('registration_endpoint');
  });

  it.each<[string, Pages, string]>([
    ['a resource of another origin', { resource: 'https://evil.test/mcp' }, 'another resource'],
    ['a resource with another path', { resource: 'https://mcp.test/other' }, 'another resource'],
    ['a resource path that is only a prefix', { resource: 'https://mcp.test/mc' }, 'another resource'],
    ['credentials in the resource URL', { resource: 'https://user@mcp.test/mcp' }, 'another resource'],
    ['a fragment in the resource URL', { resource: `${ENDPOINT}#x` }, 'another resource'],
    ['a resource that is not a URL', { resource: 'mcp' }, '(resource)'],
    ['a resource that is not a string', { resource: 1 }, '(resource)'],
    ['an issuer over plain http', { authorization_servers: ['http://issuer.test'] }, 'must be https'],
    ['an issuer with a query', { authorization_servers: [`${ISSUER}?x`] }, 'query'],
    ['a javascript: URL as issuer', { authorization_servers: ['javascript:alert(1)'] }, '(authorization_servers.0)'],
  ])('discoverLogin() rejects resource metadata with %s', async (_, overrides, message) => {
    await expect(discover({ ...good, [`${PRM}/mcp`]: resource(overrides) }).found).rejects.toMatchObject(
      invalid(message),
    );
  });

  it.each([`${ISSUER}/`, ISSUER])(
    'discoverLogin() accepts the issuer %s if the resource lists it without a slash',
    async (issuer) => {
      const { found } = discover({ ...good, [ISSUER + AS]: serverMetadata({ issuer }) });
      expect(await found).toMatchObject({ issuer, authorizationServerUrl: ISSUER });
    },
  );

  it('discoverLogin() accepts resource metadata that names the endpoint with a trailing slash', async () => {
    const { found } = discover({ ...good, [`${PRM}/mcp`]: resource({ resource: `${ENDPOINT}/` }) });
    expect(await found).toMatchObject({ resource: `${ENDPOINT}/` });
  });

  it('discoverLogin() returns the resource exactly as its metadata spells it', async () => {
    const { found } = discover({ ...good, [`${PRM}/mcp`]: resource({ resource: 'https://mcp.test' }) });
    expect(await found).toMatchObject({ resource: 'https://mcp.test' });
  });

  it.each<[string, Pages, string]>([
    ['another issuer', { issuer: 'https://evil.test' }, 'another issuer'],
    ['another path of the issuer', { issuer: `${ISSUER}/x` }, 'another issuer'],
    ['a javascript: URL as endpoint', { authorization_endpoint: 'javascript:alert(1)' }, '(authorization_endpoint)'],
    ['a file: URL as endpoint', { authorization_endpoint: 'file:///etc/passwd' }, 'authorization_endpoint'],
    [
      'an endpoint over plain http',
      { authorization_endpoint: 'http://issuer.test/authorize' },
      'authorization_endpoint',
    ],
    ['an endpoint on loopback', { authorization_endpoint: 'http://127.0.0.1:1/authorize' }, 'authorization_endpoint'],
    ['credentials in an endpoint URL', { authorization_endpoint: 'https://a:b@issuer.test/' }, 'credentials'],
    ['a token endpoint over plain http', { token_endpoint: 'http://issuer.test/token' }, 'token_endpoint'],
    [
      'a registration endpoint over plain http',
      { registration_endpoint: 'http://issuer.test/r' },
      'registration_endpoint',
    ],
    ['no token endpoint', { token_endpoint: undefined }, '(token_endpoint)'],
  ])('discoverLogin() rejects issuer metadata with %s', async (_, overrides, message) => {
    const { found } = discover({ ...good, [ISSUER + AS]: serverMetadata(overrides) });
    await expect(found).rejects.toMatchObject(invalid(message));
    await expect(found).rejects.toSatisfy((error) => !String((error as Error).message).includes('evil.test'));
  });

  it('discoverLogin() rejects an issuer that is on another origin and has no metadata', async () => {
    await expect(discover({ [`${PRM}/mcp`]: resource() }).found).rejects.toMatchObject(invalid('has no metadata'));
  });

  it('discoverLogin() fails if the issuer responds to the metadata request with a server error', async () => {
    await expect(discover({ ...good, [ISSUER + AS]: json({}, 500) }).found).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
    });
  });

  it('discoverLogin() selects the issuer of the entry only if the resource lists this issuer', async () => {
    const names = {
      [`${PRM}/mcp`]: resource({ authorization_servers: ['https://first.test', ISSUER] }),
      [ISSUER + AS]: serverMetadata(),
    };
    expect(await discover(names, null, { oauth: { issuer: `${ISSUER}/` } }).found).toMatchObject({ issuer: ISSUER });
    const other = discover(names, null, { oauth: { issuer: 'https://third.test' } });
    await expect(other.found).rejects.toMatchObject(invalid('does not name the issuer'));
    expect(other.urls().some((url) => url.includes('third.test'))).toBe(false);
  });

  it('discoverLogin() uses the issuer of the entry if the resource names none', async () => {
    const { found } = discover({ [ISSUER + AS]: serverMetadata() }, null, { oauth: { issuer: ISSUER } });
    expect(await found).toMatchObject({ issuer: ISSUER, resourceMetadata: null });
  });

  it('discoverLogin() rejects a resource that requires DPoP', async () => {
    const unsupported = { code: 'LOGIN_UNSUPPORTED', message: expect.stringContaining('DPoP') };
    await expect(discover(good, 'DPoP algs="ES256"').found).rejects.toMatchObject(unsupported);
    const bound = { ...good, [`${PRM}/mcp`]: resource({ dpop_bound_access_tokens_required: true }) };
    await expect(discover(bound).found).rejects.toMatchObject(unsupported);
    await discover(good, 'DPoP algs="ES256", Bearer').found;
  });

  it('discoverLogin() passes on the error for a forbidden address, and reports other failures as network errors', async () => {
    const refused = new SwitchyardError('CONNECTOR_ADDRESS_REFUSED', 'x');
    await expect(discover({ ...good, [ISSUER + AS]: refused }).found).rejects.toBe(refused);
    const network = Object.assign(new TypeError('fetch failed'), {
      cause: Object.assign(new Error('x'), { code: 'ECONNRESET' }),
    });
    await expect(discover({ ...good, [`${PRM}/mcp`]: network }).found).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
      message: expect.stringContaining('ECONNRESET'),
    });
  });

  it('discoverLogin() rejects with the reason of its signal', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const { fetch } = scriptedFetch(() => {
      controller.abort(reason);
      throw reason;
    });
    await expect(discoverLogin(loginRequest(fetch, { signal: controller.signal }), null)).rejects.toBe(reason);
  });

  it('discoverLogin() reads the metadata of an http connector, but requires https for the issuer', async () => {
    const target = { url: new URL('http://intranet.test/mcp') };
    const pages = {
      'http://intranet.test/.well-known/oauth-protected-resource/mcp': resource({
        resource: 'http://intranet.test/mcp',
      }),
      [ISSUER + AS]: serverMetadata(),
    };
    expect(await discover(pages, null, target).found).toMatchObject({ issuer: ISSUER });
    const own = { [`http://intranet.test${AS}`]: serverMetadata({ issuer: 'http://intranet.test' }) };
    await expect(discover(own, null, target).found).rejects.toMatchObject(invalid('https'));
  });
});
