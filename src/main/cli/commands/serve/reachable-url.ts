import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * Returns the address at which other machines reach a listener on `host`. Returns the first external address of this
 * machine if `host` means all addresses (`0.0.0.0` or `::`); otherwise returns `host`. Ignores link-local IPv6
 * addresses.
 */
export function reachableAddress(host: string, interfaces: Interfaces = networkInterfaces()): string {
  const isAny = host === '0.0.0.0' || /^\[?::\]?$/.test(host);
  if (!isAny) return host;
  const external = Object.values(interfaces)
    .flatMap((list) => list ?? [])
    .filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address));
  const plain = external.find(({ family }) => family === 'IPv4');
  // A listener on `::` may accept only IPv6, so an IPv6 address is preferred.
  const found = host === '0.0.0.0' ? plain : (external.find(({ family }) => family === 'IPv6') ?? plain);
  return found?.address ?? host;
}

/** Replaces the host in the URL of a listener by an address that other machines can reach. */
export function reachableUrl(url: string, interfaces: Interfaces = networkInterfaces()): string {
  const { hostname, port, protocol } = new URL(url);
  const address = reachableAddress(hostname.replace(/^\[|\]$/g, ''), interfaces);
  return `${protocol}//${address.includes(':') ? `[${address}]` : address}:${port}`;
}
