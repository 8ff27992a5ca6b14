import type {
  DpopSession,
  OAuthClientInformationContext,
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthTokens,
} from '@modelcontextprotocol/client';
import type { ConnectorOAuth } from '../../src/main/index.ts';

/** Credentials that the suite registered beforehand, if a scenario needs them. */
export interface Preregistered {
  readonly client_id?: string;
  readonly client_secret?: string;
}

const CALLBACK = 'http://localhost:3000/callback';

/**
 * Creates the login of a user who consents immediately: the browser goes to the authorization server and is redirected
 * back. The tokens are bound to `dpop` if it is given.
 */
export function createLogin({ client_id, client_secret }: Preregistered, dpop?: DpopSession): ConnectorOAuth {
  const clients = new Map<string, OAuthClientInformationMixed>();
  let tokens: OAuthTokens | undefined;
  let verifier = '';
  let cameBack = Promise.withResolvers<URLSearchParams>();
  const keyOf = (context?: OAuthClientInformationContext): string => context?.issuer ?? '';
  const metadata: OAuthClientMetadata = {
    client_name: 'mcp-switchyard',
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    application_type: 'native',
  };
  const provider: OAuthClientProvider = {
    ...(dpop && { dpop: () => dpop }),
    redirectUrl: CALLBACK,
    clientMetadataUrl: 'https://conformance-test.local/client-metadata.json',
    clientMetadata: metadata,
    clientInformation: (context) =>
      client_id === undefined ? clients.get(keyOf(context)) : { client_id, ...(client_secret && { client_secret }) },
    saveClientInformation: (information, context) => void clients.set(keyOf(context), information),
    tokens: () => tokens,
    saveTokens: (saved) => {
      tokens = saved;
    },
    saveCodeVerifier: (saved) => {
      verifier = saved;
    },
    codeVerifier: () => verifier,
    invalidateCredentials: (what) => {
      if (what === 'all' || what === 'tokens') tokens = undefined;
      if (what === 'all' || what === 'client') clients.clear();
    },
    async redirectToAuthorization(url) {
      const response = await fetch(url, { redirect: 'manual' });
      const location = response.headers.get('location');
      if (location === null) throw new Error(`The authorization server answered ${response.status}`);
      cameBack.resolve(new URL(location).searchParams);
    },
  };
  return {
    provider,
    async callback() {
      const params = await cameBack.promise;
      cameBack = Promise.withResolvers();
      return params;
    },
  };
}
