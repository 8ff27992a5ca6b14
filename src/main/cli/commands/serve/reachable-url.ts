import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * Returns the address at which other machines reach a listener on `host`. That is the first external address of this
 * machine if `host` stands for all (`0.0.0.0`, `::`), else `host` itself. Link-local IPv6 addresses do not count.
 */
export function reachableAddress(host: string, interfaces: Interfaces = networkInterfaces()): string {
  const isAny = host === '0.0.0.0' || /^\[?::\]?$/.test(host);
  if (!isAny) return host;
  const external = Object.values(interfaces)
    .flatMap((list) => list ?? [])
    .filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address));
  const plain = external.find(({ family }) => family === 'IPv4');
  // A listener on `::` usually accepts IPv4 too, but only IPv6 is certain.
  const found = host === '0.0.0.0' ? plain : (external.find(({ family }) => family === 'IPv6') ?? plain);
  return found?.address ?? host;
}

/** Returns the URL with the reachable address as its host. */
export function reachableUrl(url: string, interfaces: Interfaces = networkInterfaces()): string {
  const { hostname, port, protocol } = new URL(url);
  const address = reachableAddress(hostname.replace(/^\[|\]$/g, ''), interfaces);
  return `${protocol}//${address.includes(':') ? `[${address}]` : address}:${port}`;
}
