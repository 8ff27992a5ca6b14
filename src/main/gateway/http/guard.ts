import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isOwnPage } from '../login/access/cross-site.ts';
import { OPERATOR } from '../login/access/who-may-log-in.ts';
import { AccessTokens } from './access-tokens.ts';
import { hostName } from './request-faults.ts';

/** Options that decide who may send requests to the listener. */
export interface GuardOptions {
  /** Host names under which the listener may be addressed, in addition to the loopback names. */
  readonly allowedHosts: readonly string[];
  /** Origins of pages that may send requests, in addition to the listener's own origin. */
  readonly allowedOrigins: readonly string[];
  /** Accepted access tokens. Without tokens, every request that reaches the listener is accepted. */
  readonly tokens: readonly string[];
  /** The operator's token, which is accepted as well; null or left out for no operator token. */
  readonly operatorToken?: string | null;
  /** Whether the listener is bound to loopback alone. */
  readonly isLoopback: boolean;
}

/** Reason to refuse a request, with its HTTP status. */
type Refusal = { readonly status: 403 | 401; readonly why: string };

export interface Guard {
  /**
   * Returns why a request is refused because of its host or origin; null if it is accepted. It is refused if its host
   * is not a name of this listener, or if a page of another site sent it (DNS rebinding).
   */
  checkOrigin(headers: IncomingHttpHeaders): Refusal | null;
  /**
   * Returns the principal of the sender. The principal of a token is the same on every replica, and is not a secret.
   * Refuses a request with two `Authorization` headers.
   */
  authenticate(request: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): { readonly principal: string } | Refusal;
  /** Returns the origin to allow for a permitted page (CORS); null for any other page. */
  corsOrigin(headers: IncomingHttpHeaders): string | null;
}

/** Principal of a request that needs no token. */
export const ANONYMOUS = 'anonymous';

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

export function createGuard(options: GuardOptions): Guard {
  const { allowedHosts, allowedOrigins, tokens, operatorToken = null, isLoopback } = options;
  const hosts = new Set([...LOOPBACK, ...allowedHosts.map((host) => host.toLowerCase())]);
  const origins = new Set(allowedOrigins.map((origin) => origin.toLowerCase()));
  const accessTokens = new AccessTokens(tokens, operatorToken);
  // An attacker can make a host name resolve to any address, so unknown names are refused. An IP address is accepted if
  // the listener is not on loopback, because such a listener also requires a token.
  const isHost = (name: string): boolean =>
    hosts.has(name) || (!isLoopback && isIP(name.replace(/^\[|\]$/g, '')) !== 0);
  return {
    checkOrigin(headers) {
      const { host, origin } = headers;
      const name = hostName(host);
      if (name === null || !isHost(name)) return { status: 403, why: 'This host name is not allowed here' };
      if (origin === undefined || origins.has(origin.toLowerCase())) return null;
      return isOwnPage(headers)
        ? null
        : { status: 403, why: 'Pages of this origin may not send requests to this server' };
    },
    authenticate(request) {
      if (accessTokens.isOperator(request)) return { principal: OPERATOR };
      if (!accessTokens.areRequired) return { principal: ANONYMOUS };
      const principal = accessTokens.principalOf(request);
      return principal === null ? { status: 401, why: 'This server requires a valid bearer token' } : { principal };
    },
    corsOrigin({ origin }) {
      return origin !== undefined && origins.has(origin.toLowerCase()) ? origin : null;
    },
  };
}
