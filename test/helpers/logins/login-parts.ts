import type { LoginTarget } from '../../../src/main/connectors/credentials/login-target.ts';
import type { LoginDiscovery, LoginRequest } from '../../../src/main/connectors/credentials/oauth/login-discovery.ts';
import type { LoginClient, LoginTokens } from '../../../src/shared/logins/login-records.ts';

export const ISSUER = 'https://issuer.test';
export const ENDPOINT = 'https://mcp.test/mcp';

/** Creates the login target for a map's connector at {@link ENDPOINT} without login settings. */
export function loginTarget(overrides: Partial<LoginTarget> = {}): LoginTarget {
  return {
    connectorId: 'one',
    url: new URL(ENDPOINT),
    oauth: null,
    clientSecret: () => null,
    privateKey: () => null,
    isLocal: false,
    ...overrides,
  };
}

/** Creates a login request. Its clock always shows 1 000 000. */
export function loginRequest(fetch: typeof globalThis.fetch, overrides: Partial<LoginRequest> = {}): LoginRequest {
  return { target: loginTarget(), fetch, signal: null, now: () => 1_000_000, ...overrides };
}

/** Creates the issuer metadata of {@link ISSUER}. */
export const serverMetadata = (overrides: Readonly<Record<string, unknown>> = {}) => ({
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/authorize`,
  token_endpoint: `${ISSUER}/token`,
  registration_endpoint: `${ISSUER}/register`,
  response_types_supported: ['code'],
  code_challenge_methods_supported: ['S256'],
  ...overrides,
});

/** Creates the result of discovering the issuer of {@link ENDPOINT}. */
export function loginDiscovery(overrides: Partial<LoginDiscovery> = {}): LoginDiscovery {
  const resourceMetadata = { resource: ENDPOINT, authorization_servers: [ISSUER] };
  const metadata = serverMetadata() as NonNullable<LoginDiscovery['metadata']>;
  return {
    issuer: ISSUER,
    resource: ENDPOINT,
    authorizationServerUrl: ISSUER,
    metadata,
    resourceMetadata,
    ...overrides,
  };
}

/** Creates a public client that registered itself. */
export function registeredClient(overrides: Partial<LoginClient> = {}): LoginClient {
  return {
    kind: 'registered',
    clientId: 'the-client',
    clientSecret: null,
    authMethod: 'none',
    redirectUris: ['http://127.0.0.1:9/callback'],
    secretExpiresAtMs: null,
    ...overrides,
  };
}

/** Creates tokens that expire an hour after the time in {@link loginRequest}. */
export function loginTokens(overrides: Partial<LoginTokens> = {}): LoginTokens {
  return {
    accessToken: 'access-token-of-a-test',
    refreshToken: 'refresh-token-of-a-test',
    expiresAtMs: 4_600_000,
    obtainedAtMs: 1_000_000,
    scope: 'tools',
    ...overrides,
  };
}

/** A request as a {@link scriptedFetch} received it. */
export interface SeenRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: URLSearchParams;
  readonly text: string;
}

/** Creates a `fetch` function that records each request and responds with the result of `answer`. */
export function scriptedFetch(answer: (request: SeenRequest) => Response | Promise<Response>) {
  const requests: SeenRequest[] = [];
  const scripted: typeof fetch = async (input, init = {}) => {
    const text = init.body === undefined || init.body === null ? '' : String(init.body);
    const request = {
      url: input instanceof Request ? input.url : String(input),
      method: init.method ?? 'GET',
      headers: new Headers(init.headers),
      body: new URLSearchParams(text),
      text,
    };
    requests.push(request);
    return answer(request);
  };
  return { fetch: scripted, requests };
}

/** Creates a JSON response. */
export const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
