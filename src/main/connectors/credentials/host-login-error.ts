import { hasCodeAmongCauses, rootReason, SwitchyardError } from '../../../shared/errors.ts';

const REFUSED: ReadonlySet<string> = new Set(['CONNECTOR_ADDRESS_REFUSED']);

/** Errors of the SDK that say that what the servers tell of the login cannot be trusted. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'mcp.AuthorizationServerMismatchError',
  'mcp.InsecureTokenEndpointError',
  'mcp.IssuerMismatchError',
]);

/**
 * What failed the login of a host, without the words of a server, which may hold what was sent. `detail.wasAsked` of
 * LOGIN_FAILED says whether the user was sent to the authorization server: nobody wants to be sent there again at once.
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
  const where = `The login to connector ${connectorId} at ${url.origin} did not come about`;
  if (error instanceof SwitchyardError)
    return new SwitchyardError(error.code, `${where}: ${error.message}`, { detail });
  // What the parser says of it quotes it.
  if (error instanceof SyntaxError || (error instanceof Error && error.name === 'ZodError'))
    return new SwitchyardError('LOGIN_METADATA_INVALID', `${where}: an answer of the login is malformed.`);
  if (brand === null)
    return new SwitchyardError('LOGIN_FAILED', `${where}: ${rootReason(error)}`, { cause: error, detail });
  const code = oauthCodeOf(error);
  const why = code === null ? brand.replace(/^mcp\./, '') : `the authorization server answered ${code}`;
  return new SwitchyardError(UNTRUSTED.has(brand) ? 'LOGIN_METADATA_INVALID' : 'LOGIN_FAILED', `${where}: ${why}.`, {
    detail,
  });
}

/** How the SDK names the class of an error of its own; null for any other error. */
function brandOf(error: unknown): string | null {
  const brand = error instanceof Error ? (error.constructor as { readonly mcpBrand?: unknown }).mcpBrand : null;
  return typeof brand === 'string' ? brand : null;
}

/** The code of an OAuth error (RFC 6749 section 5.2), if it looks like one. */
function oauthCodeOf(error: unknown): string | null {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && /^[a-z][a-z_]{1,63}$/.test(code) ? code : null;
}
