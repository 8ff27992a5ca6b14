import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { SwitchyardError } from '../../../shared/errors.ts';

/**
 * Minimum length of a token. A shorter one can be guessed, and an empty one would match a request without credentials.
 */
const MIN_TOKEN_LENGTH = 16;

/**
 * Length of the digest in a principal. Its 12 base64url characters hold 72 bits, so different tokens practically never
 * have the same digest.
 */
const PRINCIPAL_LENGTH = 12;

/** True if an address to listen on can be reached only from this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Returns why a value cannot be an access token, as the end of a sentence; null if it can. Never quotes the value. */
export function tokenFault(token: unknown): string | null {
  if (typeof token !== 'string') return `must be a string, but is ${token === null ? 'null' : typeof token}`;
  if (token === '') return 'is empty';
  if (token.trim() !== token)
    return 'begins or ends with white space or a line break, as the text of a file often does';
  if (!/^[\x21-\x7e]+$/.test(token)) return 'contains a character that is not visible ASCII';
  return token.length < MIN_TOKEN_LENGTH
    ? `has ${token.length} characters; at least ${MIN_TOKEN_LENGTH} are needed`
    : null;
}

/**
 * Checks access tokens, each paired with its name for error messages. Throws OPTIONS_INVALID for a token that {@link
 * tokenFault} rejects. Also throws for a token that occurs twice, because its two clients could not be told apart.
 */
export function assertTokens(named: readonly (readonly [name: string, token: unknown])[]): void {
  const seen = new Map<unknown, string>();
  for (const [name, token] of named) {
    const fault = tokenFault(token);
    if (fault !== null)
      throw new SwitchyardError('OPTIONS_INVALID', `${name} is not a valid access token: it ${fault}`);
    const other = seen.get(token);
    if (other !== undefined)
      throw new SwitchyardError(
        'OPTIONS_INVALID',
        `${name} is the same access token as ${other}. Give each client its own token.`,
      );
    seen.set(token, name);
  }
}

/** Finds the client or the operator that a token belongs to. */
export class AccessTokens {
  readonly #digests: readonly Buffer[];
  readonly #names: readonly string[];
  readonly #operator: Buffer | null;

  constructor(tokens: readonly string[], operatorToken: string | null = null) {
    this.#digests = tokens.map(digestOf);
    this.#names = tokens.map(principalOf);
    this.#operator = operatorToken === null ? null : digestOf(operatorToken);
  }

  /** Whether clients need a token at all. */
  get areRequired(): boolean {
    return this.#digests.length > 0;
  }

  /**
   * Returns the principal of the token in a request. Null if the request has no valid token, or more than one
   * credential.
   */
  principalOf(request: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): string | null {
    const token = tokenOf(request.headers.authorization ?? '');
    const given = digestOf(token);
    // All tokens are compared, so that the response time reveals nothing about them.
    const index = this.#digests.map((digest) => timingSafeEqual(digest, given)).indexOf(true);
    return token === '' || hasSeveral(request.rawHeaders) ? null : (this.#names[index] ?? null);
  }

  /** True if a request carries the operator's token, and no other credential. */
  isOperator(request: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): boolean {
    // Without an operator token there is nothing to compare, so the response time cannot reveal anything.
    if (this.#operator === null) return false;
    const given = digestOf(tokenOf(request.headers.authorization ?? ''));
    return timingSafeEqual(this.#operator, given) && !hasSeveral(request.rawHeaders);
  }
}

/**
 * Returns the principal of a token, which identifies the token's holder in sessions, limits and logs. The principal is
 * the same on every replica, whatever the order of the tokens. The digest in the principal uses a separate key, so it
 * differs from other digests of the same token.
 */
export function principalOf(token: string): string {
  const digest = createHmac('sha256', 'mcp-switchyard caller').update(token).digest('base64url');
  return `token-${digest.slice(0, PRINCIPAL_LENGTH)}`;
}

/**
 * Returns a bearer token (RFC 6750 section 2.1), or the password from a browser's login dialogue (RFC 7617). Returns ''
 * if there is neither.
 */
function tokenOf(authorization: string): string {
  const [, scheme = '', credentials = ''] = /^(bearer|basic) +([\x21-\x7e]+)$/i.exec(authorization) ?? [];
  if (scheme.toLowerCase() !== 'basic') return credentials;
  const pair = Buffer.from(credentials, 'base64').toString();
  return pair.includes(':') ? pair.slice(pair.indexOf(':') + 1) : '';
}

/** True if a request has several credentials. Node keeps the first of them; a proxy in front may use the last. */
function hasSeveral(rawHeaders: readonly string[]): boolean {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.toLowerCase() === 'authorization') count += 1;
  return count > 1;
}

function digestOf(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}
