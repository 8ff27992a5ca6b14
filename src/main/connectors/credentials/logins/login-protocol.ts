import type * as authorization from '../oauth/authorization.ts';
import type * as clientIdentity from '../oauth/client-identity.ts';
import type * as discovery from '../oauth/login-discovery.ts';
import type * as scopes from '../oauth/scopes.ts';
import type * as tokens from '../oauth/token-requests.ts';

/** The OAuth functions that logins need. They use the SDK. */
export type LoginProtocol = Pick<typeof discovery, 'discoverLogin' | 'packDiscovery' | 'unpackDiscovery'> &
  Pick<typeof clientIdentity, 'identifyClient'> &
  Pick<typeof scopes, 'chooseScope'> &
  Pick<typeof authorization, 'prepareAuthorization' | 'codeOfRedirect'> &
  Pick<typeof tokens, 'redeemCode' | 'refreshTokens' | 'fetchMachineTokens' | 'revokeTokens'>;

let loaded: Promise<LoginProtocol> | null = null;

/**
 * Loads the OAuth functions and the SDK that they use, at the first call. Both are slow to load, and connectors with
 * valid tokens never need them.
 */
export function loadProtocol(): Promise<LoginProtocol> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<LoginProtocol> {
  const parts = await Promise.all([
    import('../oauth/login-discovery.ts'),
    import('../oauth/client-identity.ts'),
    import('../oauth/scopes.ts'),
    import('../oauth/authorization.ts'),
    import('../oauth/token-requests.ts'),
  ]);
  const [found, identity, chosen, authorized, requested] = parts;
  return { ...found, ...identity, ...chosen, ...authorized, ...requested };
}
