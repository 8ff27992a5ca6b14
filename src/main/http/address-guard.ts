import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import type { Dispatcher } from 'undici';
import { SwitchyardError } from '../../shared/errors.ts';
import type { NetworkSettings } from '../../shared/net/network.ts';
import { asDispatcher } from './late-agent.ts';
import { createMainAgent, type MainAgent } from './main-agent.ts';
import { isMetadataAddress, isPublicAddress } from './special-addresses.ts';

/** Rules of an address guard. */
export interface AddressRules {
  /** Resolver with the signature of node:dns. */
  readonly lookup: (
    hostname: string,
    options: LookupAllOptions,
    callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
  ) => void;
  readonly isPublic: (address: string) => boolean;
}

const RULES: AddressRules = { lookup, isPublic: isPublicAddress };
const NEARBY_RULES: AddressRules = { lookup, isPublic: (address) => !isMetadataAddress(address) };

/** Placeholder for undici's controller, because a request that was never sent has no controller. */
const NO_CONTROLLER = null as unknown as Dispatcher.DispatchController;

/**
 * Creates a separate agent that connects only to public addresses. Every request to another address fails with
 * CONNECTOR_ADDRESS_REFUSED before a connection is opened. The agent shares no sockets with other agents, because an
 * unrestricted agent could have a socket open to the same origin. If a request goes through a proxy, the proxy resolves
 * its host. Then only literal addresses and localhost can be refused.
 */
export function createPublicAgent(network: NetworkSettings, rules: AddressRules = RULES): MainAgent {
  return createGuardedAgent(network, rules, refusalOfHost);
}

/**
 * Creates a separate agent that also connects to private addresses, but neither to link-local addresses nor to the
 * metadata addresses of clouds. In all other respects it behaves like the agent of {@link createPublicAgent}.
 */
export function createNearbyAgent(
  network: NetworkSettings,
  { lookup, isPublic }: AddressRules = NEARBY_RULES,
): MainAgent {
  return createGuardedAgent(network, { lookup, isPublic }, refusalOfAddress);
}

function createGuardedAgent(
  network: NetworkSettings,
  rules: AddressRules,
  refusalOf: (hostname: string, rules: AddressRules) => SwitchyardError | null,
): MainAgent {
  const agent = createMainAgent(network, publicLookup(rules));
  return asDispatcher({
    dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
      const refused = refusalOf(new URL(String(options.origin)).hostname, rules);
      if (refused === null) return agent.dispatch(options, handler);
      handler.onResponseError?.(NO_CONTROLLER, refused);
      return true;
    },
    warm: () => agent.warm(),
    destroy: () => agent.destroy(),
  });
}

/**
 * Returns a resolver that fails with CONNECTOR_ADDRESS_REFUSED if any address of the name is not public. A name with
 * public and private addresses may belong to an attacker who hopes that the private address is tried (DNS rebinding).
 * The socket connects to the returned address without resolving the name again. The next socket resolves the name
 * again.
 */
export function publicLookup({ lookup, isPublic }: AddressRules): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const refused = addresses.find(({ address }) => !isPublic(address));
      if (refused !== undefined) return callback(refusal(`${hostname} resolves to ${refused.address}, which is`), []);
      if (options.all === true) return callback(null, addresses);
      const first = addresses[0];
      callback(null, first?.address ?? '', first?.family);
    });
  };
}

/**
 * Checks a host without resolving it. node:net does not look up literal addresses, so `publicLookup` never sees them.
 */
function refusalOfHost(hostname: string, rules: AddressRules): SwitchyardError | null {
  // RFC 6761, 6.3.
  if (/(?:^|\.)localhost$/i.test(bareHost(hostname))) return refusal(`${hostname} is this machine,`);
  return refusalOfAddress(hostname, rules);
}

function refusalOfAddress(hostname: string, { isPublic }: AddressRules): SwitchyardError | null {
  const host = bareHost(hostname);
  return isIP(host) !== 0 && !isPublic(host) ? refusal(`${hostname} is`) : null;
}

/**
 * Strips brackets and trailing dots. URL already normalizes all spellings of IPv4, such as hexadecimal, octal or with
 * fewer parts.
 */
const bareHost = (hostname: string): string => hostname.replace(/^\[|\]$|\.+$/g, '');

function refusal(what: string): SwitchyardError {
  return new SwitchyardError('CONNECTOR_ADDRESS_REFUSED', `${what} not a public address`);
}
