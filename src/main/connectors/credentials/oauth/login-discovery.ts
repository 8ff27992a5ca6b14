import type { AuthorizationServerMetadata, OAuthProtectedResourceMetadata } from '@modelcontextprotocol/client';
import { SwitchyardError } from '../../../../shared/errors.ts';
import type { Challenge } from '../credentials.ts';
import { asLoginFailure, jsonResponse, presentIn, type WatchedFetch, watchFetch } from './answers/foreign-answers.ts';
import { type ReadChallenge, readChallenge } from './challenge.ts';
import {
  checkServerMetadata,
  type ForeignObject,
  type LoginDiscovery,
  type LoginRequest,
  pickResourceMetadata,
  pickServerMetadata,
} from './discovery-record.ts';
import { checkIssuer, invalid, isPlainAddress, isSameIssuer, placeOf } from './endpoint-rules.ts';

export { type LoginDiscovery, type LoginRequest, packDiscovery, unpackDiscovery } from './discovery-record.ts';

type Sdk = typeof import('@modelcontextprotocol/client');

/**
 * Valid metadata has at least one of these members. If a server answers every path with the same response, the response
 * has none of them.
 */
const TELLING = ['resource', 'authorization_servers', 'issuer', 'authorization_endpoint', 'token_endpoint'] as const;

/**
 * Finds out which issuer a connector's login needs, and what this issuer supports. Looks for the resource's metadata at
 * the address in the challenge, and otherwise at the well-known addresses (RFC 9728). Then looks for the issuer's
 * metadata (RFC 8414, OpenID Connect Discovery). Without such metadata, uses the addresses of MCP 2025-03-26 at the
 * origin. Rejects with LOGIN_METADATA_INVALID, LOGIN_UNSUPPORTED, CONNECTOR_ADDRESS_REFUSED, or LOGIN_FAILED if the
 * network or a server failed.
 */
export async function discoverLogin(request: LoginRequest, challenge: Challenge | null): Promise<LoginDiscovery> {
  const { target, signal } = request;
  const read = challenge === null ? null : readChallenge(challenge);
  if (read?.schemes.includes('dpop') === true && !read.schemes.includes('bearer')) throw wantsDpop();
  const sdk = await import('@modelcontextprotocol/client');
  try {
    const resourceMetadata = await findResource(sdk, request, read);
    const resource = resourceMetadata?.resource ?? sdk.resourceUrlFromServerUrl(target.url).href;
    const { url, isNamed } = chooseServer(request, resourceMetadata);
    const metadata = await findServer(sdk, request, url, isNamed);
    const issuer = metadata?.issuer ?? url;
    return { issuer, resource, authorizationServerUrl: url, metadata, resourceMetadata };
  } catch (error) {
    throw asLoginFailure(error, `The login of ${target.connectorId} cannot be discovered`, signal);
  }
}

/**
 * Returns a fetch for the metadata that the SDK parses. A response without metadata counts as missing, because many
 * servers answer every path.
 */
function watchMetadata(request: LoginRequest): WatchedFetch {
  return watchFetch(request, (body, { status }) => {
    if (status === null || status >= 400) return new Response(null, { status: status ?? 404 });
    if (body === null || !TELLING.some((name) => body[name] != null)) return new Response(null, { status: 404 });
    return jsonResponse(presentIn(body), status);
  });
}

async function findResource(
  sdk: Sdk,
  request: LoginRequest,
  challenge: ReadChallenge | null,
): Promise<OAuthProtectedResourceMetadata | null> {
  const named = challenge?.resourceMetadataUrl ?? null;
  const found = (named && (await tryResource(sdk, request, named))) ?? (await tryResource(sdk, request, null));
  if (found === null) return null;
  const { resource } = found;
  const own = sdk.resourceUrlFromServerUrl(request.target.url);
  const url = URL.parse(resource);
  const isPlain = url !== null && isPlainAddress(resource) && url.username + url.password + url.hash === '';
  // The SDK would treat the same address with a trailing slash as another resource, and refuse it.
  const isOwn = url?.href === `${own.href}/`;
  if (!isPlain || !(isOwn || sdk.checkResourceAllowed({ requestedResource: own, configuredResource: resource })))
    throw invalid(`The metadata of ${placeOf(own)} belongs to another resource`);
  return found;
}

/**
 * Returns the resource's metadata at `named`, or at the well-known addresses if `named` is null. Returns null if there
 * is no metadata.
 */
async function tryResource(
  sdk: Sdk,
  request: LoginRequest,
  named: URL | null,
): Promise<OAuthProtectedResourceMetadata | null> {
  const { fetch, seen } = watchMetadata(request);
  const options = named === null ? {} : { resourceMetadataUrl: named };
  let found: OAuthProtectedResourceMetadata;
  try {
    found = await sdk.discoverOAuthProtectedResourceMetadata(request.target.url, options, fetch);
  } catch (error) {
    if (isOwnFailure(error, request)) throw error;
    const { status } = seen();
    if (named !== null && status !== null && status >= 500) throw failed(placeOf(named), status);
    if (!isOfSchema(error)) return null;
    throw invalidMetadata(`The metadata of ${placeOf(request.target.url)}`, error);
  }
  if (found.dpop_bound_access_tokens_required === true) throw wantsDpop();
  return pickResourceMetadata(found);
}

/**
 * Returns the issuer to use: the issuer in the entry, else the first issuer in the resource's metadata, else the
 * connector's own origin.
 */
function chooseServer(
  { target }: LoginRequest,
  resourceMetadata: OAuthProtectedResourceMetadata | null,
): { readonly url: string; readonly isNamed: boolean } {
  const offered = resourceMetadata?.authorization_servers ?? [];
  const wanted = target.oauth?.issuer;
  const chosen = wanted === undefined ? offered[0] : (offered.find((one) => isSameIssuer(one, wanted)) ?? null);
  if (chosen === null && offered.length > 0)
    throw invalid(`The server of ${target.connectorId} does not name the issuer ${wanted} that the entry requires`);
  const url = chosen ?? wanted;
  if (url === undefined) return { url: new URL('/', target.url).href, isNamed: false };
  checkIssuer(url, 'The authorization server');
  return { url, isNamed: true };
}

async function findServer(
  sdk: Sdk,
  request: LoginRequest,
  url: string,
  isNamed: boolean,
): Promise<AuthorizationServerMetadata | null> {
  const { fetch, seen } = watchMetadata(request);
  let found: AuthorizationServerMetadata | undefined;
  // Metadata may list an issuer without the slash at its end, as is common for Auth0. A slash is added, because the SDK
  // tolerates a superfluous slash, but not a missing slash.
  const listed = url.endsWith('/') ? url : `${url}/`;
  try {
    found = await sdk.discoverAuthorizationServerMetadata(listed, { fetchFn: fetch });
  } catch (error) {
    if (isOwnFailure(error, request)) throw error;
    if (error instanceof sdk.IssuerMismatchError) throw invalid(`The metadata at ${url} belongs to another issuer`);
    const { status } = seen();
    if (status !== null && status >= 500) {
      if (isNamed) throw failed(url, status);
      return null;
    }
    throw invalidMetadata(`The metadata at ${url}`, error);
  }
  if (found === undefined) {
    // Without metadata, default endpoints are used. They exist only on a server that is its own issuer (MCP
    // 2025-03-26).
    if (isNamed && URL.parse(url)?.origin !== request.target.url.origin)
      throw invalid(`The authorization server ${url} has no metadata`);
    return null;
  }
  // The SDK's schema for OpenID metadata omits the members for revocation.
  const whole: ForeignObject = { ...revocationOf(seen().body), ...found };
  const metadata = pickServerMetadata(whole);
  if (metadata === null) throw invalid(`The metadata at ${url} lacks an endpoint`);
  checkServerMetadata(metadata, url);
  return metadata;
}

function revocationOf(body: ForeignObject | null): ForeignObject {
  const { revocation_endpoint, revocation_endpoint_auth_methods_supported } = body ?? {};
  return { revocation_endpoint, revocation_endpoint_auth_methods_supported };
}

/** Whether an error was thrown by this package or the caller, rather than by the SDK. */
function isOwnFailure(error: unknown, { signal }: LoginRequest): boolean {
  return error instanceof SwitchyardError || error instanceof TypeError || signal?.aborted === true;
}

/** Whether a schema of the SDK refused a response. False if there was no response. */
function isOfSchema(error: unknown): error is Error & { readonly issues: unknown } {
  return error instanceof Error && 'issues' in error;
}

/**
 * Returns the error for metadata that a schema of the SDK refuses. The error names the wrong fields without their
 * values.
 */
function invalidMetadata(what: string, error: unknown): SwitchyardError {
  const issues = isOfSchema(error) && Array.isArray(error.issues) ? error.issues : [];
  const fields = issues.slice(0, 5).map(({ path }: { path?: readonly PropertyKey[] }) => path?.join('.') ?? '');
  return invalid(`${what} is invalid${fields.length === 0 ? '' : ` (${fields.join(', ')})`}`);
}

function failed(place: string, status: number): SwitchyardError {
  return new SwitchyardError('LOGIN_FAILED', `${place} answered with HTTP ${status}.`);
}

function wantsDpop(): SwitchyardError {
  return new SwitchyardError('LOGIN_UNSUPPORTED', 'The server requires tokens that are bound to a key (DPoP).');
}
