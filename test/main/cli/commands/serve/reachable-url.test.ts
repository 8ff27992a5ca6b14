import type { NetworkInterfaceInfo } from 'node:os';
import { expect, it } from 'vitest';
import { reachableUrl } from '../../../../../src/main/cli/commands/serve/reachable-url.ts';

const at = (address: string, family: 'IPv4' | 'IPv6', internal = false): NetworkInterfaceInfo =>
  ({ address, family, internal, netmask: '', mac: '', cidr: null, scopeid: 0 }) as NetworkInterfaceInfo;

const both = {
  lo: [at('127.0.0.1', 'IPv4', true)],
  eth0: [at('fe80::1', 'IPv6'), at('2001:db8::7', 'IPv6'), at('192.0.2.7', 'IPv4')],
};

it.each([
  ['http://127.0.0.1:8080', both, 'http://127.0.0.1:8080'],
  ['http://0.0.0.0:3737', both, 'http://192.0.2.7:3737'],
  ['http://[::]:3737', both, 'http://[2001:db8::7]:3737'],
  ['http://[::]:3737', { eth0: [at('192.0.2.7', 'IPv4')] }, 'http://192.0.2.7:3737'],
  ['http://0.0.0.0:3737', { lo: both.lo }, 'http://0.0.0.0:3737'],
])(
  'reachableUrl() returns the best known URL for other machines to reach a gateway that listens at %s',
  (url, interfaces, expected) => {
    expect(reachableUrl(url, interfaces)).toBe(expected);
  },
);
