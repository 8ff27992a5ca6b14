import type { OAuthClientProvider, OAuthMetadata, OAuthTokens } from '@modelcontextprotocol/client';
import { messageOf, SwitchyardError } from '../../../../shared/errors.ts';
import type { LoginClient, LoginTokens, RefreshOutcome } from '../../../../shared/logins/login-records.ts';
import { asLoginFailure, refusalWords, type SeenAnswer, watchFetch } from './answers/foreign-answers.ts';
import { isDefiniteRefusal, readTokens, showTokens } from './answers/token-answers.ts';
import { type ClientProof, proveClient } from './client-authentication.ts';
import type { LoginDiscovery, LoginRequest } from './discovery-record.ts';
import { invalid, isSecureUrl } from './endpoint-rules.ts';

type Sdk = typeof import('@modelcontextprotocol/client');

/**
 * Exchanges the code of a redirect for tokens. Rejects with LOGIN_FAILED, LOGIN_SECRET_MISSING, LOGIN_UNSUPPORTED,
 * LOGIN_METADATA_INVALID or CONNECTOR_ADDRESS_REFUSED.
 */
export async function redeemCode(
  request: LoginRequest,
  discovery: LoginDiscovery,
  client: LoginClient,
  redeemed: {
    readonly code: string;
    readonly codeVerifier: string;
    readonly redirectUrl: string;
    readonly iss: string | null;
    /** The requested scopes. If a response omits the scope, the requested scopes are granted (RFC 6749 section 5.1). */
    readonly scope: string | null;
  },
): Promise<LoginTokens> {
  const tokens = await requestTokens(request, discovery, client, 'take the code', (sdk, common) =>
    sdk.exchangeAuthorization(discovery.authorizationServerUrl, {
      ...common,
      authorizationCode: redeemed.code,
      codeVerifier: redeemed.codeVerifier,
      redirectUri: redeemed.redirectUrl,
      ...(redeemed.iss !== null && { iss: redeemed.iss }),
    }),
  );
  return { ...tokens, scope: tokens.scope ?? redeemed.scope };
}

/**
 * Gets tokens for a connector that logs in without a person (client credentials), with the client's secret or private
 * key. Rejects as {@link redeemCode} does.
 */
export async function fetchMachineTokens(
  request: LoginRequest,
  discovery: LoginDiscovery,
  client: LoginClient,
  scope: string | null,
): Promise<LoginTokens> {
  const tokens = await requestTokens(request, discovery, client, 'log in', (sdk, common) => {
    const { clientInformation, addClientAuthentication, ...options } = common;
    const provider = {
      clientMetadata: { redirect_uris: [] },
      clientInformation: () => clientInformation,
      prepareTokenRequest: () =>
        new URLSearchParams({ grant_type: 'client_credentials', ...(scope !== null && { scope }) }),
      ...(addClientAuthentication !== undefined && { addClientAuthentication }),
    };
    return sdk.fetchToken(provider as unknown as OAuthClientProvider, discovery.authorizationServerUrl, options);
  });
  return { ...tokens, scope: tokens.scope ?? scope };
}

/** Refreshes tokens. Rejects only with the signal's reason. */
export async function refreshTokens(
  request: LoginRequest,
  discovery: LoginDiscovery,
  client: LoginClient,
  tokens: LoginTokens,
): Promise<RefreshOutcome> {
  const { refreshToken } = tokens;
  if (refreshToken === null) return { kind: 'lost', reason: `${discovery.issuer} gave no refresh token` };
  let seen: SeenAnswer | null = null;
  try {
    const refreshed = await requestTokens(
      request,
      discovery,
      client,
      'refresh the login',
      (sdk, common) => sdk.refreshAuthorization(discovery.authorizationServerUrl, { ...common, refreshToken }),
      (answer) => {
        seen = answer;
      },
    );
    return { kind: 'refreshed', tokens: { ...refreshed, scope: refreshed.scope ?? tokens.scope } };
  } catch (error) {
    request.signal?.throwIfAborted();
    return outcomeOf(error, seen, discovery, client);
  }
}

/**
 * Revokes tokens at the issuer (RFC 7009). Resolves with true if the refresh token was revoked or, without a refresh
 * token, if the access token was revoked. Many issuers cannot revoke the access tokens that they sign. Rejects only
 * with the signal's reason.
 */
export async function revokeTokens(
  request: LoginRequest,
  discovery: LoginDiscovery,
  client: LoginClient,
  { refreshToken, accessToken }: LoginTokens,
): Promise<boolean> {
  const endpoint = URL.parse(revocationOf(discovery).revocation_endpoint ?? '');
  if (endpoint === null || !isSecureUrl(endpoint)) return false;
  const attempt = async (token: string, hint: string): Promise<boolean> => {
    try {
      return await revoke(request, discovery, client, endpoint, token, hint);
    } catch {
      // An error of the issuer is ignored: the login is forgotten here anyway, and expires at the issuer.
      request.signal?.throwIfAborted();
      return false;
    }
  };
  const isOver = refreshToken === null ? null : await attempt(refreshToken, 'refresh_token');
  const isAccessOver = await attempt(accessToken, 'access_token');
  return isOver ?? isAccessOver;
}

/** Options that all of the SDK's functions for token requests have. */
interface CommonOptions extends ClientProof {
  readonly metadata?: NonNullable<LoginDiscovery['metadata']>;
  readonly resource: string;
  readonly fetchFn: typeof fetch;
}

async function requestTokens(
  request: LoginRequest,
  discovery: LoginDiscovery,
  client: LoginClient,
  what: string,
  send: (sdk: Sdk, common: CommonOptions) => Promise<OAuthTokens>,
  tell: (answer: SeenAnswer) => void = () => {},
): Promise<LoginTokens> {
  const { issuer, metadata, resource } = discovery;
  const { fetch, seen } = watchFetch(request, showTokens);
  const sdk = await import('@modelcontextprotocol/client');
  try {
    const proof = await proveClient(request.target, discovery, client);
    const askedAtMs = request.now();
    const common = { ...proof, ...(metadata !== null && { metadata }), resource, fetchFn: fetch };
    return readTokens(await send(sdk, common), issuer, askedAtMs);
  } catch (error) {
    const answer = seen();
    if (error instanceof sdk.IssuerMismatchError) throw invalid(`The redirect does not come from ${issuer}`);
    if (error instanceof sdk.InsecureTokenEndpointError) throw invalid(`The token endpoint of ${issuer} must be https`);
    if (answer.status === null || error instanceof SwitchyardError || request.signal?.aborted === true)
      throw asLoginFailure(error, `${issuer} did not ${what}`, request.signal);
    const words = answer.status < 300 && answer.error === null ? 'its answer is invalid' : refusalWords(answer);
    throw new SwitchyardError('LOGIN_FAILED', `${issuer} did not ${what}: ${words}.`);
  } finally {
    tell(seen());
  }
}

/** Returns the outcome of a failed refresh: whether its refresh token can still be used. */
function outcomeOf(
  error: unknown,
  seen: SeenAnswer | null,
  { issuer }: LoginDiscovery,
  client: LoginClient,
): RefreshOutcome {
  const reason = seen?.status == null ? messageOf(error).replace(/\.$/, '') : `it answered ${refusalWords(seen)}`;
  if (seen === null || !seen.isSent) return { kind: 'unspent', reason };
  if (error instanceof SwitchyardError && error.code === 'LOGIN_UNSUPPORTED')
    return { kind: 'lost', reason: error.message };
  if (isDefiniteRefusal(seen, client.kind === 'registered'))
    return { kind: 'lost', reason: `${issuer} refused to refresh the login: ${refusalWords(seen)}` };
  return { kind: 'unknown', reason };
}

async function revoke(
  request: LoginRequest,
  discovery: LoginDiscovery,
  client: LoginClient,
  endpoint: URL,
  token: string,
  hint: string,
): Promise<boolean> {
  const { metadata } = discovery;
  const { clientInformation, addClientAuthentication } = await proveClient(request.target, discovery, client);
  const { selectClientAuthMethod } = await import('@modelcontextprotocol/client');
  const headers = new Headers({ accept: 'application/json' });
  const body = new URLSearchParams({ token, token_type_hint: hint });
  if (addClientAuthentication !== undefined)
    await addClientAuthentication(headers, body, endpoint, metadata ?? undefined);
  else {
    const { client_id, client_secret = '' } = clientInformation;
    const own = revocationOf(discovery).revocation_endpoint_auth_methods_supported;
    const methods = own ?? metadata?.token_endpoint_auth_methods_supported ?? [];
    const method = selectClientAuthMethod(clientInformation, methods);
    if (method === 'client_secret_basic')
      headers.set('authorization', `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`);
    else body.set('client_id', client_id);
    if (method === 'client_secret_post') body.set('client_secret', client_secret);
  }
  const response = await request.fetch(endpoint, { method: 'POST', headers, body, signal: request.signal });
  await response.body?.cancel();
  return response.ok;
}

/** Returns the metadata for revoking tokens, which the SDK's type for OpenID metadata lacks. */
function revocationOf({ metadata }: LoginDiscovery): Partial<OAuthMetadata> {
  return (metadata as OAuthMetadata | null) ?? {};
}
