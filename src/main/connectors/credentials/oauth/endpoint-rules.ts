import { SwitchyardError } from '../../../../shared/errors.ts';

/** Returns an address in the form that messages show. The query is removed, because it may contain secrets. */
export const placeOf = (url: URL): string => url.origin + url.pathname;

/** Whether a host is this machine itself, so that plain http is safe (RFC 8252 section 7.3, RFC 6761 section 6.3). */
export function isLoopbackHost(hostname: string): boolean {
  return /^(?:127\.0\.0\.1|\[::1\]|(?:.+\.)?localhost)$/.test(hostname);
}

/** Whether credentials may be sent to an address: https, or http on loopback. */
export function isSecureUrl({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
}

/** Maximum length of an address in metadata; a longer address is refused. */
const MAX_ADDRESS = 2_048;

/**
 * Whether an address is short enough and has only valid characters (RFC 3986 section 2). URL.parse ignores line breaks,
 * blanks and escape codes, but people see the original text in terminals, pages and messages.
 */
export function isPlainAddress(text: string): boolean {
  return text.length <= MAX_ADDRESS && /^[\x21-\x7e]+$/.test(text);
}

/**
 * Parses an address from metadata. Throws LOGIN_METADATA_INVALID if the address is neither https nor http on loopback,
 * or if it has credentials or a fragment. `what` names the field in the error.
 */
export function checkUrl(text: string, what: string): URL {
  const url = isPlainAddress(text) ? URL.parse(text) : null;
  if (url === null) throw invalid(`${what} is not a valid URL`);
  if (!isSecureUrl(url)) throw invalid(`${what} must be https, or http on loopback, not ${schemeOf(url)}`);
  if (url.username + url.password !== '') throw invalid(`${what} must not contain credentials`);
  if (url.hash !== '' || text.endsWith('#')) throw invalid(`${what} must not have a fragment`);
  return url;
}

/**
 * Parses an issuer identifier (RFC 8414 section 2). The rules of {@link checkUrl} apply. In addition, a query is
 * refused.
 */
export function checkIssuer(text: string, what: string): URL {
  const url = checkUrl(text, what);
  if (url.search !== '') throw invalid(`${what} must not have a query`);
  return url;
}

/** Whether two issuer identifiers are equal. As in the SDK, one trailing slash makes no difference. */
export function isSameIssuer(one: string, other: string): boolean {
  return one === other || one === `${other}/` || other === `${one}/`;
}

/** Returns a LOGIN_METADATA_INVALID error with the message `what`. */
export function invalid(what: string, cause?: unknown): SwitchyardError {
  return new SwitchyardError('LOGIN_METADATA_INVALID', `${what}.`, { cause });
}

function schemeOf({ protocol, hostname }: URL): string {
  return protocol === 'http:' ? `http on ${hostname}` : protocol.slice(0, 32);
}
