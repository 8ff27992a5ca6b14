import type { StoredClient } from '../../src/shared/logins/login-records.ts';
import {
  bindingIdOf,
  type LoginBinding,
  type LoginKey,
  type LoginTokens,
} from '../../src/shared/logins/login-records.ts';
import { secret } from './evidence.ts';

/** Creates the key that identifies a login at the issuer with this name. */
export function keyOf(name: string): LoginKey {
  return {
    issuer: `https://${name}.issuer.test`,
    clientId: `client-${name}`,
    resource: `https://${name}.test/mcp`,
    subject: 'shared',
  };
}

/** Creates tokens whose values contain this name. */
export function tokensOf(name: string, over: Partial<LoginTokens> = {}): LoginTokens {
  return {
    accessToken: secret(`access-${name}`),
    refreshToken: secret(`refresh-${name}`),
    expiresAtMs: 1_800_000_000_000,
    obtainedAtMs: 1_700_000_000_000,
    scope: 'read write',
    ...over,
  };
}

/** Creates the binding of an endpoint with this name. */
export function bindingOf(name: string): LoginBinding {
  const endpoint = `https://${name}.test/mcp`;
  return {
    bindingId: bindingIdOf(endpoint, null),
    endpoint,
    key: keyOf(name),
    grant: 'authorization_code',
    discovery: JSON.stringify({ authorizationServerUrl: keyOf(name).issuer }),
    wantedScope: null,
  };
}

/** Creates the registration of a client, with a client secret, at the issuer with this name. */
export function clientOf(name: string): StoredClient {
  return {
    issuer: keyOf(name).issuer,
    client: {
      kind: 'registered',
      clientId: keyOf(name).clientId,
      clientSecret: secret(`client-${name}`),
      authMethod: 'client_secret_basic',
      redirectUris: ['http://127.0.0.1/callback'],
      secretExpiresAtMs: null,
    },
  };
}
