import { SwitchyardError } from '../../../../shared/errors.ts';
import type { LoginClient } from '../../../../shared/logins/login-records.ts';
import { cleanDescription, readRefusal } from './answers/foreign-answers.ts';
import type { LoginDiscovery } from './discovery-record.ts';
import { checkUrl, invalid } from './endpoint-rules.ts';

/** Parameters of a redirect that may occur only once (RFC 6749 section 3.1). */
const SINGLE = ['code', 'state', 'iss', 'error'] as const;

/** The characters of a code: VSCHAR of RFC 6749, appendix A. */
const CODE = /^[\x20-\x7e]{1,8192}$/;

/**
 * Returns the URL to which a person is sent, and the code verifier with which this host later redeems the code (PKCE
 * S256, RFC 7636). Rejects with LOGIN_METADATA_INVALID if the issuer does not support PKCE, or if the issuer's address
 * is not allowed.
 */
export async function prepareAuthorization(
  discovery: LoginDiscovery,
  client: LoginClient,
  asked: { readonly redirectUrl: string; readonly scope: string | null; readonly state: string },
): Promise<{ readonly url: URL; readonly codeVerifier: string }> {
  const { authorizationServerUrl, issuer, metadata, resource } = discovery;
  const endpoint = metadata?.authorization_endpoint ?? new URL('/authorize', authorizationServerUrl).href;
  checkUrl(endpoint, 'authorization_endpoint');
  if (metadata?.code_challenge_methods_supported?.includes('S256') === false)
    throw invalid(`${issuer} does not support PKCE with S256`);
  if (metadata?.response_types_supported.includes('code') === false)
    throw invalid(`${issuer} does not support the response type code`);
  const { startAuthorization } = await import('@modelcontextprotocol/client');
  const { authorizationUrl, codeVerifier } = await startAuthorization(authorizationServerUrl, {
    ...(metadata !== null && { metadata }),
    clientInformation: { client_id: client.clientId },
    redirectUrl: asked.redirectUrl,
    state: asked.state,
    ...(asked.scope !== null && { scope: asked.scope }),
    resource,
  });
  return { url: authorizationUrl, codeVerifier };
}

/**
 * Returns the code of a redirect. Checks `iss` first (RFC 9207 section 2.4), because nothing from another issuer's
 * redirect may be shown. Throws LOGIN_METADATA_INVALID if another issuer sent the redirect, and LOGIN_FAILED if the
 * redirect has no code.
 */
export function codeOfRedirect(parameters: URLSearchParams, discovery: LoginDiscovery): string {
  const { issuer, metadata } = discovery;
  for (const name of SINGLE)
    if (parameters.getAll(name).length > 1) throw invalid(`The redirect has ${name} more than once`);
  checkRedirectIssuer(parameters.get('iss'), discovery);
  const code = parameters.get('code');
  const hidden = [code, parameters.get('state')].filter((value) => value !== null);
  const error = parameters.get('error');
  if (error !== null) {
    const { error: shown } = readRefusal({ error }, hidden);
    const description = cleanDescription(parameters.get('error_description'), hidden);
    const words = [shown ?? 'an error', ...(description === null ? [] : [description])].join(': ');
    throw new SwitchyardError('LOGIN_FAILED', `${issuer} refused the login: ${words}.`);
  }
  if (code === null || !CODE.test(code))
    throw new SwitchyardError(
      'LOGIN_FAILED',
      `The redirect from ${metadata?.issuer ?? issuer} contains no valid code.`,
    );
  return code;
}

/**
 * Does the same as the SDK's `validateAuthorizationResponseIssuer`, without loading the SDK. Compares the issuers
 * character by character.
 */
function checkRedirectIssuer(iss: string | null, { metadata }: LoginDiscovery): void {
  if (metadata === null) return;
  if (iss === null && metadata.authorization_response_iss_parameter_supported === true)
    throw invalid(`The redirect does not name its issuer ${metadata.issuer}`);
  if (iss !== null && iss !== metadata.issuer) throw invalid(`The redirect does not come from ${metadata.issuer}`);
}
