import type { AuthorizationServerMetadata, OAuthProtectedResourceMetadata } from '@modelcontextprotocol/client';
import { parseForeignJson } from '../../../../shared/json/parse-foreign.ts';
import type { LoginTarget } from '../login-target.ts';
import { checkIssuer, checkUrl, invalid, isLoopbackHost, isSameIssuer } from './endpoint-rules.ts';

/** The result of a discovery: the facts about the login that an endpoint requires. */
export interface LoginDiscovery {
  readonly issuer: string;
  /**
   * The resource indicator (RFC 8707). It comes from the resource's metadata. Without metadata, it is the endpoint's
   * address without the fragment.
   */
  readonly resource: string;
  readonly authorizationServerUrl: string;
  /**
   * The metadata of the authorization server, reduced to the members that are used. If none was found, it is null, and
   * the endpoints of MCP 2025-03-26 at the origin are used.
   */
  readonly metadata: AuthorizationServerMetadata | null;
  /** The resource's metadata, reduced to the members that are used. */
  readonly resourceMetadata: OAuthProtectedResourceMetadata | null;
}

/** The context of each request that concerns a login. */
export interface LoginRequest {
  readonly target: LoginTarget;
  /** The fetch of `createLoginFetch` for this target. */
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal | null;
  /** Epoch ms. */
  readonly now: () => number;
}

/** A JSON object from a foreign source. */
export type ForeignObject = Readonly<Record<string, unknown>>;

const SERVER_TEXTS = ['issuer', 'authorization_endpoint', 'token_endpoint'] as const;
const SERVER_OPTIONAL_TEXTS = ['registration_endpoint', 'revocation_endpoint'] as const;
const SERVER_LISTS = [
  'scopes_supported',
  'response_types_supported',
  'grant_types_supported',
  'token_endpoint_auth_methods_supported',
  'token_endpoint_auth_signing_alg_values_supported',
  'revocation_endpoint_auth_methods_supported',
  'code_challenge_methods_supported',
] as const;
const SERVER_FLAGS = [
  'client_id_metadata_document_supported',
  'authorization_response_iss_parameter_supported',
] as const;

/**
 * Picks the members that this package uses from an authorization server's metadata. Returns null if a required member
 * is missing or has another type.
 */
export function pickServerMetadata(found: ForeignObject): AuthorizationServerMetadata | null {
  const picked = {
    ...pick(found, [...SERVER_TEXTS, ...SERVER_OPTIONAL_TEXTS], 'string'),
    ...pickLists(found, SERVER_LISTS),
  };
  if (SERVER_TEXTS.some((name) => picked[name] === undefined) || picked.response_types_supported === undefined)
    return null;
  return { ...picked, ...pick(found, SERVER_FLAGS, 'boolean') } as unknown as AuthorizationServerMetadata;
}

/**
 * Returns the members of a resource's metadata that are used; null if a required member is missing or has another type.
 */
export function pickResourceMetadata(found: ForeignObject): OAuthProtectedResourceMetadata | null {
  const picked = {
    ...pick(found, ['resource', 'resource_name'], 'string'),
    ...pickLists(found, ['authorization_servers', 'scopes_supported']),
  };
  return picked.resource === undefined ? null : (picked as unknown as OAuthProtectedResourceMetadata);
}

/**
 * Checks the metadata of an authorization server. Throws LOGIN_METADATA_INVALID if the metadata names an issuer other
 * than the address under which it was found (RFC 8414 section 3.3), or names an endpoint that is not allowed.
 */
export function checkServerMetadata(metadata: AuthorizationServerMetadata, authorizationServerUrl: string): void {
  const issuer = checkIssuer(metadata.issuer, 'The issuer of the metadata');
  if (!isSameIssuer(metadata.issuer, authorizationServerUrl))
    throw invalid(`The metadata at ${authorizationServerUrl} belongs to another issuer`);
  const authorize = checkUrl(metadata.authorization_endpoint, 'authorization_endpoint');
  // A person's browser must not be sent to a process on the person's own machine.
  if (authorize.protocol === 'http:' && !isLoopbackHost(issuer.hostname))
    throw invalid('authorization_endpoint must be https, as the issuer is');
  checkUrl(metadata.token_endpoint, 'token_endpoint');
  if (metadata.registration_endpoint !== undefined) checkUrl(metadata.registration_endpoint, 'registration_endpoint');
}

/** Returns a discovery in its stored form. */
export function packDiscovery(discovery: LoginDiscovery): string {
  return JSON.stringify(discovery);
}

/** Reads a stored discovery. Returns null if the discovery is not valid and has to be repeated. */
export function unpackDiscovery(json: string): LoginDiscovery | null {
  try {
    const found = parseForeignJson(json);
    return isObject(found) ? readDiscovery(found) : null;
  } catch {
    // The text is not JSON, or another version wrote it in a form that this version does not accept.
    return null;
  }
}

function readDiscovery(found: ForeignObject): LoginDiscovery | null {
  const { issuer, resource, authorizationServerUrl, metadata, resourceMetadata } = found;
  if (typeof issuer !== 'string' || typeof resource !== 'string' || typeof authorizationServerUrl !== 'string')
    return null;
  if (!URL.canParse(resource) || !URL.canParse(authorizationServerUrl)) return null;
  const server = isObject(metadata) ? pickServerMetadata(metadata) : null;
  const ofResource = isObject(resourceMetadata) ? pickResourceMetadata(resourceMetadata) : null;
  if ((server === null) !== (metadata === null) || (ofResource === null) !== (resourceMetadata === null)) return null;
  if (server !== null) checkServerMetadata(server, authorizationServerUrl);
  if (issuer !== (server?.issuer ?? authorizationServerUrl)) return null;
  return { issuer, resource, authorizationServerUrl, metadata: server, resourceMetadata: ofResource };
}

/** Whether a value is an object, and not an array. */
export function isObject(value: unknown): value is ForeignObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pick(found: ForeignObject, names: readonly string[], type: string): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => typeof found[name] === type).map((name) => [name, found[name]]));
}

function pickLists(found: ForeignObject, names: readonly string[]): Record<string, unknown> {
  const isList = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === 'string');
  return Object.fromEntries(names.filter((name) => isList(found[name])).map((name) => [name, found[name]]));
}
