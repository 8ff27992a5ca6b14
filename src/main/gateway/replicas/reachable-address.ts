import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * Returns the URL at which other machines reach a listener on `host`. If `host` means all addresses (`0.0.0.0`, `::`),
 * the URL contains the first address that other machines can reach, IPv4 before IPv6. If the machine has no such
 * address, the URL contains a loopback address.
 */
export function reachableAddress(host: string, port: number, interfaces: Interfaces = networkInterfaces()): string {
  const isAny = host === '0.0.0.0' || host === '::';
  const name = isAny ? (seenByOthers(interfaces) ?? '127.0.0.1') : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

function seenByOthers(interfaces: Interfaces): string | undefined {
  // A link-local address (fe80::) is only usable with the name of its interface.
  const others = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));
  return (others.find(({ family }) => family === 'IPv4') ?? others[0])?.address;
}
