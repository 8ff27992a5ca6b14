import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { hostName } from './request-faults.ts';

/** Who may talk to the listener. */
export interface GuardOptions {
  /** Names under which the listener may be addressed, besides those of loopback. */
  readonly allowedHosts: readonly string[];
  /** Origins of pages that may talk to it, besides its own. */
  readonly allowedOrigins: readonly string[];
  /** Any of these is let in; none, and everybody who reaches the listener is. */
  readonly tokens: readonly string[];
  /** Whether it listens on loopback alone. */
  readonly isLoopback: boolean;
}

/** Why a request is refused, as an HTTP status. */
type Refusal = { readonly status: 403 | 401; readonly why: string };

export interface Guard {
  /** Whether the request is meant for this listener and comes from no page that may not talk to it (DNS rebinding); null if so. */
  checkOrigin(headers: IncomingHttpHeaders): Refusal | null;
  /** Who sends it: the same text for the same token, and no secret. */
  authenticate(headers: IncomingHttpHeaders): { readonly principal: string } | Refusal;
  /** The origin to name to a page that may talk to it (CORS); null for any other. */
  corsOrigin(headers: IncomingHttpHeaders): string | null;
}

/** Who sends a request that needs no token. */
export const ANONYMOUS = 'anonymous';

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether an address to listen on can be reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

export function createGuard({ allowedHosts, allowedOrigins, tokens, isLoopback }: GuardOptions): Guard {
  const hosts = new Set([...LOOPBACK, ...allowedHosts.map((host) => host.toLowerCase())]);
  const origins = new Set(allowedOrigins.map((origin) => origin.toLowerCase()));
  const digests = tokens.map((token) => digestOf(token));
  // A name can be made to lead anywhere; an address leads to itself. Beyond loopback a token is asked for besides.
  const isHost = (name: string): boolean =>
    hosts.has(name) || (!isLoopback && isIP(name.replace(/^\[|\]$/g, '')) !== 0);
  return {
    checkOrigin({ host, origin }) {
      const name = hostName(host);
      if (name === null || !isHost(name)) return { status: 403, why: 'This host name is not served here' };
      if (origin === undefined || origins.has(origin.toLowerCase())) return null;
      const isOwn = URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
      return isOwn ? null : { status: 403, why: 'Pages of this origin may not talk to this server' };
    },
    authenticate({ authorization }) {
      if (digests.length === 0) return { principal: ANONYMOUS };
      const given = digestOf(tokenOf(authorization ?? ''));
      // All are compared, so that how long it takes says nothing.
      const index = digests.map((digest) => timingSafeEqual(digest, given)).indexOf(true);
      return index < 0
        ? { status: 401, why: 'A bearer token of this server is needed' }
        : { principal: `token-${index}` };
    },
    corsOrigin({ origin }) {
      return origin !== undefined && origins.has(origin.toLowerCase()) ? origin : null;
    },
  };
}

/** A bearer token (RFC 6750 section 2.1), or the password of a browser's own dialogue (RFC 7617). */
function tokenOf(authorization: string): string {
  const [scheme = '', credentials = ''] = authorization.split(/ +/, 2);
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (scheme.toLowerCase() !== 'basic') return '';
  return Buffer.from(credentials, 'base64')
    .toString()
    .replace(/^[^:]*:/, '');
}

function digestOf(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}
