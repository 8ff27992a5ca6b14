import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { AddClientAuthentication, OAuthClientInformationMixed } from '@modelcontextprotocol/client';
import { SwitchyardError } from '../../../../shared/errors.ts';
import { parseForeignJson } from '../../../../shared/json/parse-foreign.ts';
import type { LoginClient } from '../../../../shared/logins/login-records.ts';
import type { LoginTarget } from '../login-target.ts';
import { isObject, type LoginDiscovery } from './discovery-record.ts';
import { invalid, isSameIssuer } from './endpoint-rules.ts';

/** How a client authenticates at the token endpoint, in the form that the SDK's functions accept. */
export interface ClientProof {
  readonly clientInformation: OAuthClientInformationMixed;
  readonly addClientAuthentication?: AddClientAuthentication;
}

/** JWS algorithms for each type of key, in order of preference (RFC 7518 section 3.1, RFC 8037). */
const RSA_ALGORITHMS = ['RS256', 'PS256', 'RS384', 'RS512', 'PS384', 'PS512'] as const;
const CURVE_ALGORITHMS: Readonly<Record<string, string>> = {
  'P-256': 'ES256',
  'P-384': 'ES384',
  'P-521': 'ES512',
  Ed25519: 'EdDSA',
};

/**
 * Returns the client's authentication, with its secret or its private key. Rejects with LOGIN_SECRET_MISSING if the
 * secret or key that the entry specifies is missing or unreadable, LOGIN_METADATA_INVALID if the entry specifies
 * another issuer, and LOGIN_CLIENT_UNKNOWN if it specifies another client.
 */
export async function proveClient(
  target: LoginTarget,
  discovery: LoginDiscovery,
  client: LoginClient,
): Promise<ClientProof> {
  const { clientId, authMethod } = client;
  const issuer = discovery.issuer;
  const methodFor = (secret: string | null) => {
    const method = authMethod ?? safeMethod(discovery, clientId, secret);
    return method === null ? {} : { token_endpoint_auth_method: method };
  };
  const informationWith = (secret: string | null): OAuthClientInformationMixed => ({
    client_id: clientId,
    ...(secret !== null && { client_secret: secret }),
    ...methodFor(secret),
    issuer,
  });
  if (client.kind !== 'configured') return { clientInformation: informationWith(client.clientSecret) };
  checkConfigured(target, discovery, clientId);
  const key = target.privateKey();
  if (key === null) return { clientInformation: informationWith(target.clientSecret()) };
  const addClientAuthentication = await keyAuthentication(target, discovery, clientId, key);
  return { clientInformation: { client_id: clientId, issuer }, addClientAuthentication };
}

/**
 * Returns `client_secret_post` for an id or secret with special characters, if the issuer accepts that method. Servers
 * disagree on how to read such characters in a Basic header. RFC 6749 section 2.3.1 requires percent-encoding of both
 * parts, but many servers and the SDK do not use it.
 */
function safeMethod({ metadata }: LoginDiscovery, clientId: string, secret: string | null): string | null {
  const isPlain = secret === null || /^[\w.~-]*$/.test(clientId + secret);
  const post = 'client_secret_post';
  return !isPlain && metadata?.token_endpoint_auth_methods_supported?.includes(post) === true ? post : null;
}

/** Throws LOGIN_SECRET_MISSING if the entry names a variable for a secret or a key, and the variable has no value. */
export function checkSecrets(target: LoginTarget): void {
  const { clientSecretEnv, privateKeyEnv } = target.oauth ?? {};
  const missing = [
    privateKeyEnv !== undefined && target.privateKey() === null && privateKeyEnv,
    clientSecretEnv !== undefined && target.clientSecret() === null && clientSecretEnv,
  ].find((name) => name !== false);
  if (missing !== undefined)
    throw new SwitchyardError(
      'LOGIN_SECRET_MISSING',
      `The login to ${target.connectorId} needs the variable ${missing}, which is not set or not allowed.`,
    );
}

/**
 * Throws if the entry now specifies another issuer or another client. The entry's secret must not be sent for a login
 * that does not match the entry.
 */
function checkConfigured(target: LoginTarget, { issuer }: LoginDiscovery, clientId: string): void {
  const wanted = target.oauth?.issuer;
  if (wanted !== undefined && !isSameIssuer(wanted, issuer))
    throw invalid(`The entry of ${target.connectorId} names an issuer other than ${issuer}`);
  if (target.oauth?.clientId !== clientId)
    throw new SwitchyardError(
      'LOGIN_CLIENT_UNKNOWN',
      `The entry of connector ${target.connectorId} no longer contains the client id ${clientId}.`,
    );
  checkSecrets(target);
}

/** Returns a function that authenticates the client with `private_key_jwt` (RFC 7523 section 2.2). */
async function keyAuthentication(
  target: LoginTarget,
  discovery: LoginDiscovery,
  clientId: string,
  text: string,
): Promise<AddClientAuthentication> {
  const { key, alg } = readKey(target, text);
  const jwk = key.export({ format: 'jwk' });
  const chosen = alg ?? algorithmOf(jwk, discovery.metadata?.token_endpoint_auth_signing_alg_values_supported);
  if (chosen === null) throw unreadable(target);
  const { createPrivateKeyJwtAuth } = await import('@modelcontextprotocol/client');
  const options = { issuer: clientId, subject: clientId, privateKey: { ...jwk }, alg: chosen };
  const authenticate = createPrivateKeyJwtAuth(options);
  return async (headers, parameters, url, metadata) => {
    await authenticate(headers, parameters, url, metadata);
    // The `client_id` is optional (RFC 7521 section 4.2), but some issuers refuse a request without it.
    parameters.set('client_id', clientId);
  };
}

/** Reads a private key in PEM or JWK form, and the algorithm that a JWK specifies. Throws LOGIN_SECRET_MISSING. */
function readKey(target: LoginTarget, text: string): { readonly key: KeyObject; readonly alg: string | null } {
  try {
    if (!text.trimStart().startsWith('{')) return { key: createPrivateKey(text), alg: null };
    const jwk = parseForeignJson(text);
    if (!isObject(jwk)) throw unreadable(target);
    const alg = jwk.alg;
    return { key: createPrivateKey({ key: { ...jwk }, format: 'jwk' }), alg: typeof alg === 'string' ? alg : null };
  } catch {
    // The message of OpenSSL or the JSON parser may contain parts of the key.
    throw unreadable(target);
  }
}

function algorithmOf(
  { kty, crv }: { readonly kty?: string; readonly crv?: string },
  supported: readonly string[] | undefined,
): string | null {
  if (kty !== 'RSA') return CURVE_ALGORITHMS[crv ?? ''] ?? null;
  return RSA_ALGORITHMS.find((alg) => supported?.includes(alg)) ?? RSA_ALGORITHMS[0];
}

function unreadable({ connectorId }: LoginTarget): SwitchyardError {
  const what = 'must be an RSA, EC or Ed25519 key as PEM or JWK, without a passphrase';
  return new SwitchyardError('LOGIN_SECRET_MISSING', `The private key for the login to ${connectorId} ${what}.`);
}
