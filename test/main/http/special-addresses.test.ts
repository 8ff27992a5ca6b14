import { describe, expect, it } from 'vitest';
import { isMetadataAddress, isPublicAddress } from '../../../src/main/http/special-addresses.ts';

describe('isPublicAddress', () => {
  it.each([
    ...['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255'],
    ...['128.0.0.0', '169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0', '192.0.1.0', '192.167.255.255'],
    ...['192.169.0.0', '198.17.255.255', '198.20.0.0', '203.0.112.255', '203.0.114.0', '223.255.255.255'],
    ...['168.63.129.15', '168.63.129.17', '192.88.98.255', '192.88.100.0'],
  ])('isPublicAddress() accepts the IPv4 address %s as publicly routable', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    ...['2606:4700:4700::1111', '2001:4860:4860::8888', '2001:200::', '2a00::1', '2A00:0:0:0:0:0:0:1', '3fff:1000::'],
    ...['64:ff9b::8.8.8.8', '64:ff9b::808:808', '64:ff9b::11.0.0.1', '2002:808:808::1'],
  ])('isPublicAddress() accepts the IPv6 address %s as publicly routable', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    ['unspecified', ['0.0.0.0', '0.255.255.255', '::']],
    ['loopback', ['127.0.0.1', '127.0.0.2', '127.255.255.255', '::1', '0:0:0:0:0:0:0:1']],
    ['private', ['10.0.0.0', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', '192.168.255.255']],
    ['unique local', ['fc00::1', 'fd00:ec2::254', 'fdff:ffff::1']],
    ['link-local', ['169.254.0.0', '169.254.169.254', '169.254.255.255', 'fe80::1', 'febf::1', 'fe80::1%eth0']],
    ['site-local', ['fec0::1', 'feff::1']],
    ['shared within a carrier network', ['100.64.0.0', '100.100.100.200', '100.127.255.255']],
    [
      'reserved for a protocol',
      ['192.0.0.1', '192.0.0.192', '192.88.99.1', '198.18.0.1', '198.19.255.255', '2001::1', '2001:1ff::1'],
    ],
    ['reserved for AS112 or AMT', ['192.31.196.1', '192.52.193.1', '192.175.48.1', '2620:4f:8000::1']],
    ['the metadata service of a cloud', ['168.63.129.16', '64:ff9b::168.63.129.16']],
    ['reserved for documentation', ['192.0.2.1', '192.0.2.255', '198.51.100.1', '198.51.100.255', '203.0.113.255']],
    ['reserved for documentation in IPv6', ['2001:db8::1', '2001:db8:ffff::1', '3fff::1', '3fff:fff::1']],
    ['multicast', ['224.0.0.1', '239.255.255.255', 'ff02::1', 'ff0e::1']],
    [
      'reserved',
      ['240.0.0.1', '255.255.255.255', '100::1', '4000::1', '5f00::1', '64:ff9b:1::1', '64:ff9b:1::808:808'],
    ],
    ['IPv4-mapped', ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::ffff:8.8.8.8', '::ffff:0:127.0.0.1']],
    ['IPv4-compatible', ['::127.0.0.1', '::7f00:1', '::8.8.8.8']],
    [
      'the NAT64 form of a non-public address',
      ['64:ff9b::127.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b::10.1.2.3', '64:ff9b::'],
    ],
    [
      'the 6to4 form of a non-public address',
      ['2002:7f00:1::', '2002:a00:1::1', '2002:a9fe:a9fe::1', '2002:c0a8:101:1::2', '2002::'],
    ],
    ['malformed', ['', 'localhost', 'example.com', '127.1', '2130706433', '[::1]', '1.2.3.4.5', '2a00::1%eth0']],
  ])('isPublicAddress() rejects every address that is %s', (_, addresses) => {
    expect(addresses.filter(isPublicAddress)).toEqual([]);
  });
});

describe('isMetadataAddress', () => {
  it.each([
    ...['169.254.169.254', '169.254.0.1', '168.63.129.16', '100.100.100.200', '192.0.0.192'],
    ...['::ffff:169.254.169.254', '::ffff:a9fe:a9fe', 'fe80::1', 'febf::1', 'fe80::1%eth0', 'fd00:ec2::254'],
    ...['fd20:ce::254', '64:ff9b::169.254.169.254', '64:ff9b::a9fe:a9fe'],
  ])('isMetadataAddress() recognizes %s as a link-local or cloud metadata address', (address) => {
    expect(isMetadataAddress(address)).toBe(true);
  });

  it.each([
    ...['127.0.0.1', '10.0.0.1', '192.168.0.1', '169.253.255.255', '168.63.129.17', '1.1.1.1'],
    ...['::1', 'fec0::1', 'fd00:ec3::1', 'fd20:ce::253', '::ffff:127.0.0.1', 'localhost', ''],
  ])(
    'isMetadataAddress() returns false for %j, which is neither a link-local nor a cloud metadata address',
    (address) => {
      expect(isMetadataAddress(address)).toBe(false);
    },
  );
});
