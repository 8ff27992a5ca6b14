import { lookup } from 'node:dns';
import { isIP } from 'node:net';
import type { Dispatcher, fetch as UndiciFetch, Response as UndiciResponse } from 'undici';
import { deadline, raceSignal } from '../../../../shared/clock.ts';
import { rootReason, SwitchyardError } from '../../../../shared/errors.ts';
import { JsonScanner } from '../../../../shared/json/json-scanner.ts';
import type { AddressRules } from '../../../http/address-guard.ts';
import { loadUndiciFetch } from '../../../http/load-undici.ts';
import { isRefusedAddress } from '../../../http/network-errors.ts';
import { isPublicAddress } from '../../../http/special-addresses.ts';
import type { LoginTarget } from '../login-target.ts';
import { invalid, isLoopbackHost, isSecureUrl, placeOf } from './endpoint-rules.ts';

/**
 * The agents for requests that concern logins. Each property is read only when a request is sent, so a getter can
 * create the agent at that time.
 */
export interface LoginAgents {
  readonly agent: Dispatcher;
  /** Refuses addresses that are not public (`createPublicAgent`). */
  readonly publicAgent: Dispatcher;
  /** Refuses link-local addresses and the addresses of cloud metadata services (`createNearbyAgent`). */
  readonly nearbyAgent: Dispatcher;
  readonly allowPrivateEndpoints: boolean;
  /**
   * The rules that decide whether the connector's host has a private address. Defaults to the system's name lookup and
   * `isPublicAddress`.
   */
  readonly rules?: AddressRules;
  /** Time limit for a response, in milliseconds. Defaults to 10 s. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;
const MAX_BODY_BYTES = 1024 * 1024;
const SYSTEM_RULES: AddressRules = { lookup, isPublic: isPublicAddress };

/** Statuses of responses without a body (Fetch, null body status). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** Response headers that the SDK gets; all others are removed. */
const KEPT_HEADERS = ['content-type', 'location'] as const;

const BRACE_OPEN = 0x7b;
const BRACKET_OPEN = 0x5b;

/**
 * Creates a fetch for all requests that concern the login of one target: requests for metadata, and requests to the
 * endpoints that the metadata names. The fetch follows no redirect (the SDK itself follows redirects within the
 * origin), and reads at most 1 MiB in 10 s. Rejects with LOGIN_METADATA_INVALID if an address or a response is not
 * allowed, CONNECTOR_ADDRESS_REFUSED for private addresses, LOGIN_FAILED if the network failed, or the signal's reason.
 */
export function createLoginFetch(agents: LoginAgents): (target: LoginTarget) => typeof fetch {
  return (target) => {
    const reach = createReach(agents, target);
    return async (input, init = {}) => {
      const url = new URL(input instanceof Request ? input.url : input);
      const isRead = (init.method ?? 'GET') === 'GET';
      // Plain http is allowed for reading metadata from the connector's own origin: an attacker who could change that
      // response could read the connector's tokens anyway.
      const isOwn = isRead && url.origin === target.url.origin;
      if (!isOwn && !isSecureUrl(url)) throw invalid(`${placeOf(url)} must be https, or http on loopback`);
      const timeoutMs = agents.timeoutMs ?? TIMEOUT_MS;
      const late = (): Error =>
        new SwitchyardError('LOGIN_FAILED', `${placeOf(url)} did not answer within ${timeoutMs} ms.`);
      using limit = deadline(timeoutMs, late, init.signal ?? undefined);
      const { signal } = limit;
      try {
        const dispatcher = await raceSignal(reach(url), signal);
        const undiciFetch = await raceSignal(loadUndiciFetch(), signal);
        const sent = { ...init, redirect: 'manual', dispatcher, signal } as Parameters<typeof UndiciFetch>[1];
        return await readAnswer(await undiciFetch(url, sent), url, isRead);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw asLoginError(error, url);
      }
    };
  };
}

/**
 * Chooses the agent for a request. Private addresses are allowed only if the connector itself has a private address and
 * its entry may use one. Otherwise a map could make this machine probe its own network.
 */
function createReach(agents: LoginAgents, target: LoginTarget): (url: URL) => Promise<Dispatcher> {
  const own = target.url.hostname;
  let isNear: Promise<boolean> | null = null;
  return async ({ hostname }) => {
    if (!target.isLocal && !agents.allowPrivateEndpoints) return agents.publicAgent;
    if (hostname === own) return agents.agent;
    isNear ??= isPrivateHost(own, agents.rules ?? SYSTEM_RULES);
    return (await isNear) ? agents.nearbyAgent : agents.publicAgent;
  };
}

/**
 * Whether any address of a host is private. A name that cannot be resolved on this machine counts as public, because a
 * proxy may resolve it.
 */
async function isPrivateHost(hostname: string, { lookup, isPublic }: AddressRules): Promise<boolean> {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isLoopbackHost(hostname)) return true;
  if (isIP(host) !== 0) return !isPublic(host);
  return new Promise((resolve) => {
    lookup(host, { all: true }, (error, addresses) =>
      resolve(error === null && addresses.some(({ address }) => !isPublic(address))),
    );
  });
}

/** Reads the response with a size limit, because the SDK sets none. The body of a refused GET is discarded. */
async function readAnswer(response: UndiciResponse, url: URL, isRead: boolean): Promise<Response> {
  const { status } = response;
  const headers = new Headers();
  for (const name of KEPT_HEADERS) {
    const value = response.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  const isWanted = isRead ? response.ok : status < 300 || status >= 400;
  if (!isWanted || BODILESS.has(status)) {
    await response.body?.cancel();
    return new Response(null, { status, headers });
  }
  return new Response(await readBody(response, url), { status, headers });
}

async function readBody(response: UndiciResponse, url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk as Uint8Array);
    length += chunk.length;
    // The exception ends the loop, which closes the connection.
    if (length > MAX_BODY_BYTES) throw invalid(`The response of ${placeOf(url)} is larger than 1 MiB`);
  }
  const body = new Uint8Array(Buffer.concat(chunks));
  const first = body.find((byte) => byte > 0x20);
  if (first !== BRACE_OPEN && first !== BRACKET_OPEN) return body;
  const scanner = new JsonScanner();
  const fault = scanner.write(body) ?? scanner.end();
  if (fault !== null) throw invalid(`The response of ${placeOf(url)} ${fault.message}`);
  return body;
}

function asLoginError(error: unknown, url: URL): SwitchyardError {
  if (error instanceof SwitchyardError) return error;
  if (isRefusedAddress(error)) {
    const { cause } = error as Error;
    return cause instanceof SwitchyardError ? cause : new SwitchyardError('CONNECTOR_ADDRESS_REFUSED', placeOf(url));
  }
  return new SwitchyardError('LOGIN_FAILED', `${placeOf(url)} cannot be reached: ${rootReason(error)}.`, {
    cause: error,
  });
}
