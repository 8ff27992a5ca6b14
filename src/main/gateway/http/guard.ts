import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isOwnPage } from '../login/access/cross-site.ts';
import { OPERATOR } from '../login/access/who-may-log-in.ts';
import { AccessTokens } from './access-tokens.ts';
import { hostName } from './request-faults.ts';

/** Who may talk to the listener. */
export interface GuardOptions {
  /** Names under which the listener may be addressed, besides those of loopback. */
  readonly allowedHosts: readonly string[];
  /** Origins of pages that may talk to it, besides its own. */
  readonly allowedOrigins: readonly string[];
  /** Any of these is let in; none, and everybody who reaches the listener is. */
  readonly tokens: readonly string[];
  /** The operator's, who is let in as well; null or left out without one. */
  readonly operatorToken?: string | null;
  /** Whether it listens on loopback alone. */
  readonly isLoopback: boolean;
}

/** Why a request is refused, as an HTTP status. */
type Refusal = { readonly status: 403 | 401; readonly why: string };

export interface Guard {
  /** Why the request is not meant for this listener, or comes from a page that may not talk to it (DNS rebinding). */
  checkOrigin(headers: IncomingHttpHeaders): Refusal | null;
  /** Who sends it: for one token the same text on every replica. No secret. Refuses two `Authorization` headers. */
  authenticate(request: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): { readonly principal: string } | Refusal;
  /** The origin to name to a page that may talk to it (CORS); null for any other. */
  corsOrigin(headers: IncomingHttpHeaders): string | null;
}

/** Who sends a request that needs no token. */
export const ANONYMOUS = 'anonymous';

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

export function createGuard(options: GuardOptions): Guard {
  const { allowedHosts, allowedOrigins, tokens, operatorToken = null, isLoopback } = options;
  const hosts = new Set([...LOOPBACK, ...allowedHosts.map((host) => host.toLowerCase())]);
  const origins = new Set(allowedOrigins.map((origin) => origin.toLowerCase()));
  const accessTokens = new AccessTokens(tokens, operatorToken);
  // A name can be made to lead anywhere; an address leads to itself. Beyond loopback a token is asked for besides.
  const isHost = (name: string): boolean =>
    hosts.has(name) || (!isLoopback && isIP(name.replace(/^\[|\]$/g, '')) !== 0);
  return {
    checkOrigin(headers) {
      const { host, origin } = headers;
      const name = hostName(host);
      if (name === null || !isHost(name)) return { status: 403, why: 'This host name is not served here' };
      if (origin === undefined || origins.has(origin.toLowerCase())) return null;
      return isOwnPage(headers) ? null : { status: 403, why: 'Pages of this origin may not talk to this server' };
    },
    authenticate(request) {
      if (accessTokens.isOperator(request)) return { principal: OPERATOR };
      if (!accessTokens.areRequired) return { principal: ANONYMOUS };
      const principal = accessTokens.principalOf(request);
      return principal === null ? { status: 401, why: 'A bearer token of this server is needed' } : { principal };
    },
    corsOrigin({ origin }) {
      return origin !== undefined && origins.has(origin.toLowerCase()) ? origin : null;
    },
  };
}
