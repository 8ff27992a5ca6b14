import { describe, expect, it } from 'vitest';
import type { FleetStatus } from '../../../../../../src/main/fleet/fleet-status.ts';
import { fleetModel } from '../../../../../../src/main/gateway/status-page/model/fleet-model.ts';
import { renderFleet } from '../../../../../../src/main/gateway/status-page/view/facts/render-fleet.ts';

const map = { name: 'm', sourceId: 'main', sha256: 'ab'.repeat(32), generatedAtMs: 2_000, isLeading: true };
const host = { hostId: 'one', role: 'any', address: 'http://10.0.0.1:80', version: '1.0.0', startedAt: 0 } as const;
const STATUS: FleetStatus = {
  ...{ id: 'prod', hostId: 'one', role: 'any', address: host.address, isConnected: true, failure: null },
  ...{ quotas: 'own', sharesLogins: false, lagMs: 0, refusedCount: 0 },
  hostCount: 2,
  hosts: [
    { ...host, maps: [map], isThis: true },
    {
      ...host,
      hostId: 'two',
      role: 'reader',
      maps: [{ ...map, generatedAtMs: 1_000, isLeading: false }],
      isThis: false,
    },
  ],
};
const textOf = (status: Partial<FleetStatus>): string =>
  String(renderFleet(fleetModel({ ...STATUS, ...status })))
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

describe('renderFleet', () => {
  it('renderFleet() returns nothing if there is no fleet', () => {
    expect(renderFleet(fleetModel(null))).toBe(false);
  });

  it('renderFleet() shows each host with its role, address and maps, the leader, and hosts with an older map', () => {
    expect(textOf({})).toBe(
      'Fleet prod Connected Hosts 2 one This host http://10.0.0.1/ Role may lead Version 1.0.0 Map main abababab , leads ' +
        'two http://10.0.0.1/ Role reader Version 1.0.0 Map main abababab , behind',
    );
  });

  it('renderFleet() explains why the Redis server is unreachable, without possible secrets', () => {
    const failure = { code: 'FLEET_UNAVAILABLE', message: 'redis://u:word@h is away' };
    const text = textOf({
      isConnected: false,
      failure,
      lagMs: 5_400,
      refusedCount: 2,
      quotas: 'refuse',
      sharesLogins: true,
    });
    expect(text).toContain('Disconnected');
    expect(text).toContain('FLEET_UNAVAILABLE redis://h is away');
    expect(text).toContain(
      'Map lag 5 s Rejected data 2 Quotas for the whole fleet; calls are refused while the fleet server is unreachable',
    );
    expect(text).not.toContain('word');
  });

  it('renderFleet() shows twenty hosts of a larger fleet, and the number of hidden hosts', () => {
    const hosts = Array.from({ length: 50 }, (_, index) => ({
      ...host,
      hostId: `h${index}`,
      maps: [],
      isThis: index === 0,
    }));
    expect(textOf({ hosts, hostCount: hosts.length })).toContain('and 30 more');
  });

  it('renderFleet() escapes foreign text', () => {
    const hosts = [{ ...host, hostId: '<script>', version: '<b>', maps: [{ ...map, sourceId: '<i>' }], isThis: false }];
    const markup = String(renderFleet(fleetModel({ ...STATUS, id: '<u>', hosts })));
    expect(markup).toContain('<bdi>&lt;script&gt;</bdi>');
    expect(markup).not.toMatch(/<script>|<b>|<i>|<u>/);
  });
});
