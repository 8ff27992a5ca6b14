import type {
  AuthorizationServerMetadata,
  OAuthClientInformationFull,
  OAuthClientMetadata,
} from '@modelcontextprotocol/client';
import { epochMsOf } from '../../../../shared/clock.ts';
import { SwitchyardError } from '../../../../shared/errors.ts';
import type { LoginClient } from '../../../../shared/logins/login-records.ts';
import { asLoginFailure, jsonResponse, presentIn, refusalWords, watchFetch } from './answers/foreign-answers.ts';
import { readScopes } from './challenge.ts';
import type { ForeignObject, LoginDiscovery, LoginRequest } from './discovery-record.ts';
import { invalid, isLoopbackHost } from './endpoint-rules.ts';
import { uniteScopes } from './scopes.ts';

/**
 * Authentication methods of a client in order of preference. `none` comes first, because this host is a public client
 * that uses PKCE.
 */
const AUTH_METHODS = ['none', 'client_secret_basic', 'client_secret_post'] as const;

/** Matches a valid client id or secret: VSCHAR of RFC 6749, appendix A. */
const VISIBLE = /^[\x20-\x7e]{1,4096}$/;

/**
 * Registers this host at the issuer (RFC 7591). Rejects with LOGIN_CLIENT_UNKNOWN if the issuer accepts no registration
 * or refuses this registration, LOGIN_METADATA_INVALID if its response does not match the request, or LOGIN_FAILED.
 */
export async function registerAtIssuer(
  request: LoginRequest,
  discovery: LoginDiscovery,
  redirectUrl: string,
  scope: string | null = null,
): Promise<LoginClient> {
  const { issuer, metadata } = discovery;
  if (metadata !== null && metadata.registration_endpoint === undefined)
    throw new SwitchyardError('LOGIN_CLIENT_UNKNOWN', `${issuer} does not let clients register themselves.`);
  const known = uniteScopes(scope, discovery.resourceMetadata?.scopes_supported?.join(' ') ?? null);
  return register(request, discovery, redirectUrl, known);
}

async function register(
  request: LoginRequest,
  discovery: LoginDiscovery,
  redirectUrl: string,
  scope: string | null,
): Promise<LoginClient> {
  const { issuer, metadata } = discovery;
  const clientMetadata = describeClient(metadata, redirectUrl, scope);
  const { fetch, seen } = watchFetch(request, (body, { status }) => showRegistration(body, status, redirectUrl));
  const { registerClient } = await import('@modelcontextprotocol/client');
  try {
    const options = { ...(metadata !== null && { metadata }), clientMetadata, fetchFn: fetch };
    const found = await registerClient(discovery.authorizationServerUrl, options);
    return { ...readRegistration(found, redirectUrl, issuer), scope: readScopes(found.scope ?? null) ?? scope };
  } catch (error) {
    const answer = seen();
    if (answer.status === null || error instanceof SwitchyardError)
      throw asLoginFailure(error, `No client could be registered at ${issuer}`, request.signal);
    // The scopes may have caused the refusal. The request is repeated without scopes, so that the issuer chooses them.
    if (answer.status === 400 && scope !== null) return register(request, discovery, redirectUrl, null);
    const isRefused = answer.status >= 300 && answer.status < 500 && answer.status !== 429;
    if (answer.status < 300) throw invalid(`The registration at ${issuer} was answered without a valid client`);
    throw new SwitchyardError(
      isRefused ? 'LOGIN_CLIENT_UNKNOWN' : 'LOGIN_FAILED',
      `${issuer} registered no client: ${refusalWords(answer)}.`,
    );
  }
}

/**
 * Describes this client for the registration. The scopes include all scopes that the resource knows, for a later
 * step-up: servers built with the official SDKs refuse every scope that the client was not registered with.
 */
function describeClient(
  metadata: AuthorizationServerMetadata | null,
  redirectUrl: string,
  scope: string | null,
): OAuthClientMetadata {
  const { hostname, protocol } = new URL(redirectUrl);
  const isNative = isLoopbackHost(hostname) || !/^https?:$/.test(protocol);
  const grants = metadata?.grant_types_supported ?? null;
  const refreshes = grants === null || grants.includes('refresh_token');
  const methods = metadata?.token_endpoint_auth_methods_supported ?? [];
  return {
    client_name: 'mcp-switchyard',
    redirect_uris: [redirectUrl],
    grant_types: ['authorization_code', ...(refreshes ? ['refresh_token'] : [])],
    response_types: ['code'],
    token_endpoint_auth_method: AUTH_METHODS.find((method) => methods.includes(method)) ?? 'none',
    application_type: isNative ? 'native' : 'web',
    ...(scope !== null && { scope }),
  };
}

/**
 * Returns the part of a registration response that the SDK gets. It contains neither the text of a refusal nor members
 * that are null, which the SDK's schema does not accept.
 */
function showRegistration(body: ForeignObject | null, status: number | null, redirectUrl: string): Response {
  if (status === null || status >= 300) return new Response(null, { status: status ?? 500 });
  // RFC 7591 section 3.2.1 requires `redirect_uris`; some servers omit it.
  return jsonResponse({ redirect_uris: [redirectUrl], ...presentIn(body ?? {}) }, status);
}

function readRegistration(found: OAuthClientInformationFull, redirectUrl: string, issuer: string): LoginClient {
  const { client_id, client_secret, redirect_uris, token_endpoint_auth_method, client_secret_expires_at } = found;
  if (!VISIBLE.test(client_id)) throw invalid(`The registration at ${issuer} has no valid client_id`);
  if (client_secret !== undefined && !VISIBLE.test(client_secret))
    throw invalid(`The registration at ${issuer} has no valid client_secret`);
  if (!redirect_uris.includes(redirectUrl)) throw invalid(`${issuer} registered a different redirect address`);
  const method = token_endpoint_auth_method ?? null;
  if (method !== null && !AUTH_METHODS.some((known) => known === method))
    throw invalid(`${issuer} registered an authentication method that was not requested`);
  const expires = client_secret_expires_at ?? 0;
  return {
    kind: 'registered',
    clientId: client_id,
    clientSecret: client_secret ?? null,
    authMethod: method,
    redirectUris: [redirectUrl],
    secretExpiresAtMs: client_secret === undefined || !(expires > 0) ? null : epochMsOf(expires),
  };
}
