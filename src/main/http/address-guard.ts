import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import type { Dispatcher } from 'undici';
import { SwitchyardError } from '../../shared/errors.ts';
import type { NetworkSettings } from '../../shared/net/network.ts';
import { asDispatcher } from './late-agent.ts';
import { createMainAgent, type MainAgent } from './main-agent.ts';
import { isMetadataAddress, isPublicAddress } from './special-addresses.ts';

/** What a guard goes by. */
export interface AddressRules {
  /** As node:dns has it. */
  readonly lookup: (
    hostname: string,
    options: LookupAllOptions,
    callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
  ) => void;
  readonly isPublic: (address: string) => boolean;
}

const RULES: AddressRules = { lookup, isPublic: isPublicAddress };
const NEARBY_RULES: AddressRules = { lookup, isPublic: (address) => !isMetadataAddress(address) };

/** A request that was never sent has none. */
const NO_CONTROLLER = null as unknown as Dispatcher.DispatchController;

/**
 * An Agent of its own that connects to public addresses alone; every request to another fails with CONNECTOR_ADDRESS_REFUSED before there is a connection. It shares no
 * sockets with another Agent: one that may go anywhere could have one open to the same origin. Where a request goes through a proxy, the proxy resolves its host: then
 * literal addresses and localhost are refused, and nothing is known of other names.
 */
export function createPublicAgent(network: NetworkSettings, rules: AddressRules = RULES): MainAgent {
  return createGuardedAgent(network, rules, refusalOfHost);
}

/**
 * An Agent of its own that connects to private addresses too, but to no link-local one and to none where a cloud keeps
 * its metadata. It fails and resolves as the one of {@link createPublicAgent} does.
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
 * Resolves as `rules.lookup` does, and fails with CONNECTOR_ADDRESS_REFUSED where any address of the name is not public: who has both kinds answered hopes that the
 * other one is tried (DNS rebinding). A socket is connected to what this hands over and resolves no second time; the next socket asks again.
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

/** What can be said of a host without resolving it. node:net looks no address up, so `publicLookup` never sees one. */
function refusalOfHost(hostname: string, rules: AddressRules): SwitchyardError | null {
  // RFC 6761, 6.3.
  if (/(?:^|\.)localhost$/i.test(bareHost(hostname))) return refusal(`${hostname} is this machine,`);
  return refusalOfAddress(hostname, rules);
}

function refusalOfAddress(hostname: string, { isPublic }: AddressRules): SwitchyardError | null {
  const host = bareHost(hostname);
  return isIP(host) !== 0 && !isPublic(host) ? refusal(`${hostname} is`) : null;
}

/** URL has brought all spellings of IPv4 into one, in hexadecimal, octal or with fewer parts. */
const bareHost = (hostname: string): string => hostname.replace(/^\[|\]$|\.+$/g, '');

function refusal(what: string): SwitchyardError {
  return new SwitchyardError('CONNECTOR_ADDRESS_REFUSED', `${what} no public address`);
}
