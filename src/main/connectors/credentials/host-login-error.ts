import { hasCodeAmongCauses, rootReason, SwitchyardError } from '../../../shared/errors.ts';

const REFUSED: ReadonlySet<string> = new Set(['CONNECTOR_ADDRESS_REFUSED']);

/** Errors of the SDK that mean that a server's login metadata cannot be trusted. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'mcp.AuthorizationServerMismatchError',
  'mcp.InsecureTokenEndpointError',
  'mcp.IssuerMismatchError',
]);

/**
 * Converts the error of a host's failed login. The result quotes no text from a server, because such text may echo the
 * request. `detail.wasAsked` of LOGIN_FAILED is true if the user was sent to the authorization server. The user must
 * not be sent there again immediately.
 */
export function hostLoginError(
  error: unknown,
  { connectorId, url }: { readonly connectorId: string; readonly url: URL },
  wasAsked: boolean,
): SwitchyardError {
  const detail = { connectorId, wasAsked };
  if (hasCodeAmongCauses(error, REFUSED)) {
    const why = `The login to connector ${connectorId} is refused: ${rootReason(error)}`;
    return new SwitchyardError('CONNECTOR_ADDRESS_REFUSED', why, { cause: error });
  }
  const brand = brandOf(error);
  const where = `The login to connector ${connectorId} at ${url.origin} failed`;
  if (error instanceof SwitchyardError)
    return new SwitchyardError(error.code, `${where}: ${error.message}`, { detail });
  // The message of a parser quotes the response, so it is not used.
  if (error instanceof SyntaxError || (error instanceof Error && error.name === 'ZodError'))
    return new SwitchyardError('LOGIN_METADATA_INVALID', `${where}: a response of the login is malformed.`);
  if (brand === null)
    return new SwitchyardError('LOGIN_FAILED', `${where}: ${rootReason(error)}`, { cause: error, detail });
  const code = oauthCodeOf(error);
  const why = code === null ? brand.replace(/^mcp\./, '') : `the authorization server answered ${code}`;
  return new SwitchyardError(UNTRUSTED.has(brand) ? 'LOGIN_METADATA_INVALID' : 'LOGIN_FAILED', `${where}: ${why}.`, {
    detail,
  });
}

/** For an error of the SDK, returns the SDK's name of the error's class; for any other error, returns null. */
function brandOf(error: unknown): string | null {
  const brand = error instanceof Error ? (error.constructor as { readonly mcpBrand?: unknown }).mcpBrand : null;
  return typeof brand === 'string' ? brand : null;
}

/** Returns the code of an OAuth error (RFC 6749 section 5.2), if it has a valid form. */
function oauthCodeOf(error: unknown): string | null {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && /^[a-z][a-z_]{1,63}$/.test(code) ? code : null;
}
