import { BlockList, isIP } from 'node:net';

type Range = readonly [address: string, prefix: number];

/**
 * IPv4 ranges that are not, or need not be, reachable over the internet. They are the IANA IPv4 Special-Purpose Address
 * Registry (RFC 6890 and its successors; iana.org/assignments/iana-ipv4-special-registry), multicast (RFC 5771), and
 * public addresses that a cloud uses internally.
 */
const SPECIAL_IPV4: readonly Range[] = [
  ['0.0.0.0', 8], // this network, including the unspecified address
  ['10.0.0.0', 8], // private use (RFC 1918)
  ['100.64.0.0', 10], // shared space of carriers (RFC 6598)
  ['127.0.0.0', 8], // loopback
  ['168.63.129.16', 32], // platform of Azure, reachable only from its machines
  ['169.254.0.0', 16], // link-local (RFC 3927), used for cloud metadata
  ['172.16.0.0', 12], // private use (RFC 1918)
  ['192.0.0.0', 24], // IETF protocol assignments
  ['192.0.2.0', 24], // documentation
  ['192.31.196.0', 24], // AS112-v4: answers only DNS, as all of AS112 does
  ['192.52.193.0', 24], // AMT
  ['192.88.99.0', 24], // 6to4 relays, deprecated (RFC 7526)
  ['192.168.0.0', 16], // private use (RFC 1918)
  ['192.175.48.0', 24], // AS112, direct delegation
  ['198.18.0.0', 15], // benchmarking
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, including limited broadcast
];

/**
 * IPv6 ranges that may be public: global unicast (RFC 4291, 2.4), and IPv4 addresses translated by NAT64 (RFC 6052).
 * All other addresses are not public: ::1, mapped IPv4, fc00::/7, fe80::/10, ff00::/8, …
 */
const PUBLIC_IPV6: readonly Range[] = [
  ['2000::', 3],
  ['64:ff9b::', 96],
];

/**
 * Ranges within {@link PUBLIC_IPV6} that are not public: the IANA IPv6 Special-Purpose Address Registry
 * (iana.org/assignments/iana-ipv6-special-registry).
 */
const SPECIAL_IPV6: readonly Range[] = [
  ['2001::', 23], // IETF protocol assignments: Teredo, ORCHID, benchmarking, …; no servers
  ['2001:db8::', 32], // documentation
  ['2620:4f:8000::', 48], // AS112
  ['3fff::', 20], // documentation (RFC 9637)
  // An address that contains an IPv4 address is treated like that address.
  ...SPECIAL_IPV4.map(([address, prefix]): Range => [`64:ff9b::${address}`, 96 + prefix]),
  ...SPECIAL_IPV4.map(([address, prefix]): Range => [sixToFour(address), 16 + prefix]),
];

/**
 * Each list has addresses of only one family. In a list of both families, ::ffff:0:0/96 would match every IPv4 address.
 */
const special4 = listOf(SPECIAL_IPV4, 'ipv4');
const public6 = listOf(PUBLIC_IPV6, 'ipv6');
const special6 = listOf(SPECIAL_IPV6, 'ipv6');

/**
 * Whether an address, in any notation that node:net reads, is publicly routable. False for an invalid address, and for
 * an address with a zone.
 */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !special4.check(address, 'ipv4');
    case 6:
      // A zone limits an address to one link, but BlockList ignores it.
      return !address.includes('%') && public6.check(address, 'ipv6') && !special6.check(address, 'ipv6');
    default:
      return false;
  }
}

/**
 * Link-local addresses (RFC 3927; RFC 4291, 2.5.6), and other addresses at which clouds offer the metadata of a
 * machine, including its credentials. These belong to Azure, Alibaba, Oracle, and AWS over IPv6.
 */
const METADATA_IPV4: readonly Range[] = [
  ['169.254.0.0', 16],
  ['168.63.129.16', 32],
  ['100.100.100.200', 32],
  ['192.0.0.192', 32],
];
const METADATA_IPV6: readonly Range[] = [
  ['fe80::', 10],
  ['fd00:ec2::', 32],
  ['fd20:ce::254', 128],
  ...METADATA_IPV4.map(([address, prefix]): Range => [`64:ff9b::${address}`, 96 + prefix]),
];
const metadata4 = listOf(METADATA_IPV4, 'ipv4');
const metadata6 = listOf(METADATA_IPV6, 'ipv6');

/** Whether an address, in any notation that node:net reads, is link-local or a metadata address of a cloud. */
export function isMetadataAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return metadata4.check(address, 'ipv4');
    case 6:
      // BlockList recognizes mapped IPv4 addresses and ignores zones.
      return metadata6.check(address, 'ipv6') || metadata4.check(address, 'ipv6');
    default:
      return false;
  }
}

function listOf(ranges: readonly Range[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of ranges) list.addSubnet(address, prefix, family);
  return list;
}

/** Returns the network that 6to4 derives from an IPv4 address (RFC 3056, 2). */
function sixToFour(address: string): string {
  const hex = Buffer.from(address.split('.').map(Number)).toString('hex');
  return `2002:${hex.slice(0, 4)}:${hex.slice(4)}::`;
}
