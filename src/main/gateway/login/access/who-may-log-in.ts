import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** Who sends a request that carries the operator's token. */
export const OPERATOR = 'operator';

/** What decides who may log in. */
export interface LoginRules {
  /** Whether a single client is at the other end of a pair of pipes. */
  readonly isStdio: boolean;
  /** Whether the listener is bound to loopback. */
  readonly isLoopback: boolean;
  /** The access tokens of clients; the operator's is not among them. */
  readonly tokenCount: number;
  /** Whether it may be addressed by names that are not of loopback (`--allow-host`). */
  readonly hasFurtherHosts: boolean;
  /** The address under which browsers reach it; null where that is its own. */
  readonly publicUrl: URL | null;
  /** Whether the operator has a token. */
  readonly hasOperatorToken: boolean;
}

/** Headers by which proxies say that they forward a request of somebody else. */
const FORWARDING = /^(?:forwarded|x-forwarded-.+|via|x-real-ip)$/;

/** Whether the request came over a proxy that says so. */
export function isForwarded(headers: IncomingHttpHeaders): boolean {
  return Object.keys(headers).some((name) => FORWARDING.test(name));
}

/** Whether a host is this machine: a loopback address, or `localhost`. Brackets of IPv6 are as in an URL. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Whether a request was sent on this machine, as far as its headers tell: to a loopback name, and over no proxy. */
export function isLocalRequest(headers: IncomingHttpHeaders): boolean {
  const host = URL.parse(`http://${headers.host ?? ''}`)?.hostname;
  return host !== undefined && isLoopbackHost(host) && !isForwarded(headers);
}

/**
 * What a caller may do about a login, which all callers share: open an `address`, run a `command` on the gateway's
 * machine because no address leads its person here, or wait for the `operator`. Only the operator and the only caller
 * may log in; otherwise one caller's requests would run with the rights of another.
 */
export function rightOfCaller(
  principal: string,
  headers: IncomingHttpHeaders | null,
  rules: LoginRules,
): 'address' | 'command' | 'operator' {
  if (rules.isStdio || headers === null) return 'address';
  const { isLoopback, tokenCount, hasFurtherHosts, publicUrl } = rules;
  // A proxy that serves others may name a loopback host itself, and not say that it forwards (nginx does neither).
  const servesOthers = hasFurtherHosts || (publicUrl !== null && !isLoopbackHost(publicUrl.hostname));
  const isHere = isLoopback && !servesOthers && isLocalRequest(headers);
  // Without tokens callers cannot be told apart; those of this machine count as one.
  const isOnly = tokenCount === 1 || (tokenCount === 0 && isHere);
  if (!isOnly && principal !== OPERATOR) return 'operator';
  return hasAddress(headers, rules) ? 'address' : 'command';
}

/** Whether an address of the gateway leads the sender of a request here. */
export function hasAddress(headers: IncomingHttpHeaders, rules: LoginRules): boolean {
  return rules.publicUrl !== null || (rules.isLoopback && isLocalRequest(headers));
}

/**
 * Whether a request that the guard let in counts as the operator's though the operator has no token: it was sent on
 * this machine to a listener that nobody else can reach. Several tokens mean several callers, of whom none is the
 * operator.
 */
export function isLocalOperator(headers: IncomingHttpHeaders, rules: LoginRules): boolean {
  const isReachedHereAlone = rules.isLoopback && !rules.hasFurtherHosts && rules.publicUrl === null;
  return !rules.hasOperatorToken && isReachedHereAlone && rules.tokenCount <= 1 && isLocalRequest(headers);
}
