import { SwitchyardError } from '../../../../shared/errors.ts';
import type { LoginClient } from '../../../../shared/logins/login-records.ts';
import type { LoginTarget } from '../login-target.ts';
import { checkSecrets } from './client-authentication.ts';
import { registerAtIssuer } from './client-registration.ts';
import type { LoginDiscovery, LoginRequest } from './discovery-record.ts';
import { uniteScopes } from './scopes.ts';

/** The inputs for the choice of a client, in addition to the entry. */
export interface ClientChoice {
  /** The address to which the issuer sends the person back; null for client credentials, which need no redirect. */
  readonly redirectUrl: string | null;
  /** The address of the client metadata document that this host serves. An address in the entry takes precedence. */
  readonly clientMetadataUrl: string | null;
  /** The registration that is stored for this issuer. */
  readonly stored: LoginClient | null;
  /** The scopes that will be requested; null or absent if the issuer chooses the scopes. */
  readonly scope?: string | null | undefined;
}

/**
 * Returns the client identity of this host at the issuer (MCP 2025-11-25, client registration approaches). Uses the
 * first of these that is available:
 * - the client in the entry,
 * - a client metadata document that the issuer accepts,
 * - the stored registration, if it is still valid here,
 * - a new registration.
 *
 * Rejects with LOGIN_CLIENT_UNKNOWN, LOGIN_SECRET_MISSING, LOGIN_METADATA_INVALID or LOGIN_FAILED.
 */
export async function identifyClient(
  request: LoginRequest,
  discovery: LoginDiscovery,
  choice: ClientChoice,
): Promise<LoginClient> {
  const { target } = request;
  const configured = configuredClient(target, choice);
  if (configured !== null) return configured;
  if (choice.redirectUrl === null)
    throw unknown(`Client credentials for ${target.connectorId} need oauth.clientId and a secret or a private key.`);
  const document = documentClient(target, discovery, choice);
  if (document !== null) return document;
  const { stored, redirectUrl, scope = null } = choice;
  if (stored !== null && isUsable(stored, redirectUrl, request.now()) && mayAskFor(stored, scope)) return stored;
  return registerAtIssuer(request, discovery, redirectUrl, uniteScopes(scope, stored?.scope ?? null));
}

function configuredClient(target: LoginTarget, { redirectUrl }: ClientChoice): LoginClient | null {
  const clientId = target.oauth?.clientId;
  if (clientId === undefined) return null;
  checkSecrets(target);
  const key = target.privateKey();
  if (redirectUrl === null && key === null && target.clientSecret() === null)
    throw new SwitchyardError(
      'LOGIN_SECRET_MISSING',
      `The client credentials grant of ${target.connectorId} needs a client secret or a private key.`,
    );
  const redirectUris = redirectUrl === null ? [] : [redirectUrl];
  return newClient('configured', clientId, redirectUris, key === null ? null : 'private_key_jwt');
}

/**
 * Returns a client whose id is the address of a client metadata document (CIMD,
 * draft-ietf-oauth-client-id-metadata-document).
 */
function documentClient(
  target: LoginTarget,
  { metadata }: LoginDiscovery,
  { redirectUrl, clientMetadataUrl }: ClientChoice,
): LoginClient | null {
  const address = target.oauth?.clientMetadataUrl ?? clientMetadataUrl;
  if (address === null || metadata?.client_id_metadata_document_supported !== true) return null;
  const url = URL.parse(address);
  const isPlain = url !== null && url.username + url.password + url.hash === '';
  if (!isPlain || url.protocol !== 'https:' || url.pathname === '/')
    throw unknown('The address of a client metadata document must be https and have a path.');
  return newClient('metadata-document', address, redirectUrl === null ? [] : [redirectUrl], 'none');
}

function isUsable(stored: LoginClient, redirectUrl: string, nowMs: number): boolean {
  const { kind, redirectUris, secretExpiresAtMs } = stored;
  const isValid = secretExpiresAtMs === null || secretExpiresAtMs > nowMs;
  return kind === 'registered' && isValid && redirectUris.includes(redirectUrl);
}

/**
 * Whether a registration covers these scopes. If in doubt, this host registers again: that costs only a request, but a
 * refused login costs a person's time.
 */
function mayAskFor({ scope: registered = null }: LoginClient, scope: string | null): boolean {
  return registered === null || scope === null || uniteScopes(registered, scope) === uniteScopes(registered);
}

function newClient(
  kind: 'configured' | 'metadata-document',
  clientId: string,
  redirectUris: readonly string[],
  authMethod: string | null,
): LoginClient {
  return { kind, clientId, clientSecret: null, authMethod, redirectUris, secretExpiresAtMs: null };
}

const unknown = (message: string): SwitchyardError => new SwitchyardError('LOGIN_CLIENT_UNKNOWN', message);
