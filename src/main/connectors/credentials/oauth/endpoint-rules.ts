import { SwitchyardError } from '../../../../shared/errors.ts';

/** An address in messages: without the query, which may hold something secret. */
export const placeOf = (url: URL): string => url.origin + url.pathname;

/** Hosts that plain http is safe for (RFC 8252 section 7.3, RFC 6761 section 6.3). */
export function isLoopbackHost(hostname: string): boolean {
  return /^(?:127\.0\.0\.1|\[::1\]|(?:.+\.)?localhost)$/.test(hostname);
}

/** Whether credentials may be sent there: https, or http on loopback. */
export function isSecureUrl({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
}

/** Longer addresses of metadata are refused. */
const MAX_ADDRESS = 2_048;

/**
 * Whether an address is written as addresses are (RFC 3986 section 2), and not too long. URL.parse passes over line
 * breaks, blanks and escape codes, and people see the text as it was written: in terminals, pages and messages.
 */
export function isPlainAddress(text: string): boolean {
  return text.length <= MAX_ADDRESS && /^[\x21-\x7e]+$/.test(text);
}

/**
 * An address of metadata, if it is https, or http on loopback, without credentials and fragment. Throws
 * LOGIN_METADATA_INVALID otherwise; `what` names the field.
 */
export function checkUrl(text: string, what: string): URL {
  const url = isPlainAddress(text) ? URL.parse(text) : null;
  if (url === null) throw invalid(`${what} is no address`);
  if (!isSecureUrl(url)) throw invalid(`${what} must be https, or http on loopback, not ${schemeOf(url)}`);
  if (url.username + url.password !== '') throw invalid(`${what} must not hold credentials`);
  if (url.hash !== '' || text.endsWith('#')) throw invalid(`${what} must not have a fragment`);
  return url;
}

/** An issuer identifier (RFC 8414 section 2): as {@link checkUrl}, and without a query. */
export function checkIssuer(text: string, what: string): URL {
  const url = checkUrl(text, what);
  if (url.search !== '') throw invalid(`${what} must not have a query`);
  return url;
}

/** Whether two issuer identifiers are the same, but for one trailing slash, as the SDK compares them. */
export function isSameIssuer(one: string, other: string): boolean {
  return one === other || one === `${other}/` || other === `${one}/`;
}

/** A LOGIN_METADATA_INVALID. */
export function invalid(what: string, cause?: unknown): SwitchyardError {
  return new SwitchyardError('LOGIN_METADATA_INVALID', `${what}.`, { cause });
}

function schemeOf({ protocol, hostname }: URL): string {
  return protocol === 'http:' ? `http on ${hostname}` : protocol.slice(0, 32);
}
