import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** Principal of a request that carries the operator's token. */
export const OPERATOR = 'operator';

/** Facts that decide who may log in. */
export interface LoginRules {
  /** Whether the gateway serves a single client over stdio. */
  readonly isStdio: boolean;
  /** Whether the listener is bound to loopback. */
  readonly isLoopback: boolean;
  /** Number of access tokens of clients, without the operator's token. */
  readonly tokenCount: number;
  /** Whether the listener may be addressed by names other than loopback names (`--allow-host`). */
  readonly hasFurtherHosts: boolean;
  /** Address under which browsers reach the gateway; null if they use the address of the listener. */
  readonly publicUrl: URL | null;
  /** Whether the operator has a token. */
  readonly hasOperatorToken: boolean;
}

/** Headers that proxies add when they forward a request. */
const FORWARDING = /^(?:forwarded|x-forwarded-.+|via|x-real-ip)$/;

/** True if the request came through a proxy that adds forwarding headers. */
export function isForwarded(headers: IncomingHttpHeaders): boolean {
  return Object.keys(headers).some((name) => FORWARDING.test(name));
}

/** True if a host is this machine: a loopback address, or `localhost`. IPv6 addresses are in brackets, as in a URL. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * True if a request comes from this machine, according to its headers. They must name a loopback host, and contain no
 * forwarding header.
 */
export function isLocalRequest(headers: IncomingHttpHeaders): boolean {
  const host = URL.parse(`http://${headers.host ?? ''}`)?.hostname;
  return host !== undefined && isLoopbackHost(host) && !isForwarded(headers);
}

/**
 * Returns how a caller may log in. With `address`, its user opens an address. With `command`, its user runs a command
 * on the gateway's machine, because no address leads here. With `operator`, the caller may not log in, and the operator
 * has to. All callers share the login. So only the operator, or a caller that is the only caller, may log in. Otherwise
 * one caller's requests would run with the rights of another.
 */
export function rightOfCaller(
  principal: string,
  headers: IncomingHttpHeaders | null,
  rules: LoginRules,
): 'address' | 'command' | 'operator' {
  if (rules.isStdio || headers === null) return 'address';
  const { isLoopback, tokenCount, hasFurtherHosts, publicUrl } = rules;
  // A proxy for other machines may run on this machine, name a loopback host and add no forwarding headers, as nginx
  // does. Its requests then look as if they came from this machine.
  const servesOthers = hasFurtherHosts || (publicUrl !== null && !isLoopbackHost(publicUrl.hostname));
  const isHere = isLoopback && !servesOthers && isLocalRequest(headers);
  // Without tokens, callers cannot be told apart, so all callers on this machine count as one.
  const isOnly = tokenCount === 1 || (tokenCount === 0 && isHere);
  if (!isOnly && principal !== OPERATOR) return 'operator';
  return hasAddress(headers, rules) ? 'address' : 'command';
}

/** True if the sender of a request can reach the gateway at one of its addresses. */
export function hasAddress(headers: IncomingHttpHeaders, rules: LoginRules): boolean {
  return rules.publicUrl !== null || (rules.isLoopback && isLocalRequest(headers));
}

/**
 * True if an accepted request counts as sent by the operator although the operator has no token. The request must come
 * from this machine, and no other machine may be able to reach the listener. If there are several tokens, there are
 * several callers, and none of them counts as the operator.
 */
export function isLocalOperator(headers: IncomingHttpHeaders, rules: LoginRules): boolean {
  const isReachedHereAlone = rules.isLoopback && !rules.hasFurtherHosts && rules.publicUrl === null;
  return !rules.hasOperatorToken && isReachedHereAlone && rules.tokenCount <= 1 && isLocalRequest(headers);
}
