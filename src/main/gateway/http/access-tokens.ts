import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { SwitchyardError } from '../../../shared/errors.ts';

/** A shorter token can be guessed, and an empty one would match a request without credentials. */
const MIN_TOKEN_LENGTH = 16;

/** Whether an address to listen on can be reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Why a value cannot be an access token, as the end of a sentence about it; null if it can. Never quotes the value. */
export function tokenFault(token: unknown): string | null {
  if (typeof token !== 'string') return `is no string, but ${token === null ? 'null' : typeof token}`;
  if (token === '') return 'is empty';
  if (token.trim() !== token) return 'begins or ends with white space or a line break, as text read from a file may';
  if (!/^[\x21-\x7e]+$/.test(token)) return 'holds a character that is not visible ASCII';
  return token.length < MIN_TOKEN_LENGTH
    ? `has ${token.length} characters; at least ${MIN_TOKEN_LENGTH} are needed`
    : null;
}

/**
 * Checks access tokens, each beside the words that name it in an error. Throws OPTIONS_INVALID for a token that
 * {@link tokenFault} rejects, and for one that is listed twice: its two clients could not be told apart.
 */
export function assertTokens(named: readonly (readonly [name: string, token: unknown])[]): void {
  const seen = new Map<unknown, string>();
  for (const [name, token] of named) {
    const fault = tokenFault(token);
    if (fault !== null) throw new SwitchyardError('OPTIONS_INVALID', `${name} holds no token: it ${fault}`);
    const other = seen.get(token);
    if (other !== undefined)
      throw new SwitchyardError(
        'OPTIONS_INVALID',
        `${name} is the same access token as ${other}: give each client its own`,
      );
    seen.set(token, name);
  }
}

/** Finds the client that a token belongs to. */
export class AccessTokens {
  readonly #digests: readonly Buffer[];

  constructor(tokens: readonly string[]) {
    this.#digests = tokens.map(digestOf);
  }

  /** Whether clients need a token at all. */
  get areRequired(): boolean {
    return this.#digests.length > 0;
  }

  /** The index of the token that a request carries; -1 if it carries none of them, or more than one credential. */
  indexOf(request: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): number {
    const token = tokenOf(request.headers.authorization ?? '');
    const given = digestOf(token);
    // All are compared, so that how long it takes says nothing.
    const index = this.#digests.map((digest) => timingSafeEqual(digest, given)).indexOf(true);
    return token === '' || hasSeveral(request.rawHeaders) ? -1 : index;
  }
}

/** A bearer token (RFC 6750 section 2.1), or the password of a browser's own dialogue (RFC 7617); else ''. */
function tokenOf(authorization: string): string {
  const [, scheme = '', credentials = ''] = /^(bearer|basic) +([\x21-\x7e]+)$/i.exec(authorization) ?? [];
  if (scheme.toLowerCase() !== 'basic') return credentials;
  const pair = Buffer.from(credentials, 'base64').toString();
  return pair.includes(':') ? pair.slice(pair.indexOf(':') + 1) : '';
}

/** Whether a request names its sender twice. Node keeps the first of them; a proxy in between may judge by the last. */
function hasSeveral(rawHeaders: readonly string[]): boolean {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.toLowerCase() === 'authorization') count += 1;
  return count > 1;
}

function digestOf(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}
