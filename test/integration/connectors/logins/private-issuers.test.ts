import { describe, expect, it } from 'vitest';
import { discoverLogin } from '../../../../src/main/connectors/credentials/oauth/login-discovery.ts';
import { refreshTokens, revokeTokens } from '../../../../src/main/connectors/credentials/oauth/token-requests.ts';
import { LoginFetchUnderTest } from '../../../helpers/logins/login-fetch-under-test.ts';
import { loginDiscovery, loginTokens, registeredClient, serverMetadata } from '../../../helpers/logins/login-parts.ts';
import { MisbehavingAuthorizationServer, redirects, WAYS } from '../../../helpers/misbehaving-authorization-server.ts';

const REFUSED = { code: 'CONNECTOR_ADDRESS_REFUSED' };
const PRIVATE = [
  'https://169.254.169.254',
  'https://metadata.test',
  'https://inner.test',
  'https://10.0.0.1',
  'https://localhost:8443',
  'https://[::1]:8443',
  'https://2130706434',
];

/** Starts the server of a map connector with a public address. Its metadata can contain any URL. */
async function publicConnector() {
  const server = await MisbehavingAuthorizationServer.start('home.test');
  const fetches = new LoginFetchUnderTest({ isHome: true });
  const request = fetches.requestFor({ url: server.endpoint });
  return {
    server,
    request,
    async [Symbol.asyncDispose]() {
      await fetches[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe('a public connector of a map', () => {
  it.each(PRIVATE)(
    'a map connector with a public address cannot make the host request issuer metadata from %s',
    async (issuer) => {
      await using at = await publicConnector();
      at.server.resourceMetadata = { authorization_servers: [issuer] };
      await expect(discoverLogin(at.request, null)).rejects.toMatchObject(REFUSED);
    },
  );

  it.each(PRIVATE)(
    'a map connector with a public address cannot make the host request resource metadata from %s',
    async (place) => {
      await using at = await publicConnector();
      const wwwAuthenticate = `Bearer resource_metadata="${place}/x"`;
      const challenge = {
        status: 401,
        wwwAuthenticate,
        url: at.server.endpoint,
        dpopNonce: null,
        resends: 0,
        method: 'POST',
      } as const;
      await expect(discoverLogin(at.request, challenge)).rejects.toMatchObject(REFUSED);
      expect(at.server.requests).toEqual([]);
    },
  );

  it.each(PRIVATE)('a map connector with a public address cannot make the host send tokens to %s', async (place) => {
    await using at = await publicConnector();
    const metadata = serverMetadata({
      token_endpoint: `${place}/token`,
      revocation_endpoint: `${place}/revoke`,
    }) as never;
    const discovery = loginDiscovery({ metadata });
    expect(await refreshTokens(at.request, discovery, registeredClient(), loginTokens())).toMatchObject({
      kind: 'unspent',
    });
    expect(await revokeTokens(at.request, discovery, registeredClient(), loginTokens())).toBe(false);
  });

  it('a map connector with a public address cannot redirect a login request to a private address', async () => {
    await using at = await publicConnector();
    await using inner = await MisbehavingAuthorizationServer.start();
    const path = '/.well-known/oauth-protected-resource/mcp';
    at.server.behave(path, redirects(inner.origin + path));
    at.server.behave('/.well-known/oauth-authorization-server', WAYS.missing);
    expect(await discoverLogin(at.request, null)).toMatchObject({ resourceMetadata: null });
    expect(inner.requests).toEqual([]);
  });
});

describe('a connector whose private address is allowed', () => {
  it('a connector with an allowed private address can use a private issuer, but not the address of cloud metadata', async () => {
    await using connector = await MisbehavingAuthorizationServer.start();
    await using issuer = await MisbehavingAuthorizationServer.start('localhost');
    await using fetches = new LoginFetchUnderTest();
    const request = fetches.requestFor({ url: connector.endpoint, isLocal: true });
    connector.resourceMetadata = { authorization_servers: [issuer.origin] };
    expect(await discoverLogin(request, null)).toMatchObject({ issuer: issuer.origin });
    connector.resourceMetadata = { authorization_servers: ['https://169.254.169.254'] };
    await expect(discoverLogin(request, null)).rejects.toMatchObject(REFUSED);
  });
});
