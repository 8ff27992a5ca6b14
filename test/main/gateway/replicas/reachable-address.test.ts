import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { reachableAddress } from '../../../../src/main/gateway/replicas/reachable-address.ts';

const at = (address: string, family: 'IPv4' | 'IPv6', internal = false): NetworkInterfaceInfo =>
  ({ address, family, internal, netmask: '', mac: '', cidr: null }) as NetworkInterfaceInfo;

describe('replica address', () => {
  it('the address of a replica is the host that it listens on, with brackets around IPv6', () => {
    expect(reachableAddress('10.1.2.3', 80, {})).toBe('http://10.1.2.3:80');
    expect(reachableAddress('::1', 81, {})).toBe('http://[::1]:81');
    expect(reachableAddress('gateway.internal', 82, {})).toBe('http://gateway.internal:82');
  });

  it('the address of a replica that listens on all addresses is its first external address, IPv4 before IPv6', () => {
    const interfaces = {
      lo: [at('127.0.0.1', 'IPv4', true)],
      eth0: [at('fe80::1', 'IPv6'), at('2001:db8::1', 'IPv6'), at('10.0.0.7', 'IPv4')],
    };
    expect(reachableAddress('0.0.0.0', 80, interfaces)).toBe('http://10.0.0.7:80');
    expect(reachableAddress('::', 80, { eth0: interfaces.eth0.slice(0, 2) })).toBe('http://[2001:db8::1]:80');
  });

  it('the address of a replica is loopback on a machine without other addresses', () => {
    expect(reachableAddress('::', 80, { lo: [at('::1', 'IPv6', true)] })).toBe('http://127.0.0.1:80');
  });
});
