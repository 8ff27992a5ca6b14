import { describe, expect, it } from 'vitest';
import { FleetSealer } from '../../../src/shared/fleet/fleet-sealer.ts';
import type { FleetEvent } from '../../../src/shared/protocol/fleet/fleet-messages.ts';
import { sealHost } from '../../../src/workers/fleet/roster/host-record.ts';
import { eventually } from '../../helpers/eventually.ts';
import { FLEET_SECRET, joinFleet } from '../../helpers/fleet/fleet-under-test.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';

const HOSTS = '{sw:tests}:hosts';
const hostKey = (id: string): string => `{sw:tests}:host:${id}`;

describe.skipIf(!hasRedis)('the roster of a fleet', () => {
  it('the roster lists the other hosts of a fleet with their roles, addresses and maps, but not the host itself', async () => {
    await using server = await RedisServer.start();
    await using one = joinFleet(server, { address: 'http://10.0.0.1:8080' });
    await using other = joinFleet(server, { role: 'reader' });
    const map = { name: 'm', sourceId: 'main', sha256: null, generatedAtMs: null, isLeading: true };
    one.fleet.announceMap(map);
    one.fleet.announceAddress('http://127.0.0.1:9');
    await eventually('each knows the other', () => one.fleet.hosts.length === 1 && other.fleet.hosts.length === 1);
    expect(one.fleet.hosts[0]).toMatchObject({ hostId: other.fleet.hostId, role: 'reader', address: null });
    expect(one.fleet.address).toBe('http://10.0.0.1:8080');
    await eventually('the map is announced', () => other.fleet.hosts[0]?.maps.length === 1);
    expect(other.fleet.hosts[0]).toMatchObject({ role: 'any', address: 'http://10.0.0.1:8080', maps: [map] });
  });

  it('the roster shows a replica within seconds after it has joined or left the fleet', async () => {
    await using server = await RedisServer.start();
    await using one = joinFleet(server);
    await one.connected();
    await eventually(
      'the first turn is over',
      async () => (await server.do('EXISTS', hostKey(one.fleet.hostId))) === 1,
    );
    const replica = joinFleet(server, { address: 'http://127.0.0.1:1' });
    await replica.connected();
    const cameAtMs = performance.now();
    await eventually('the replica is known', () => one.fleet.hosts.length === 1);
    expect(performance.now() - cameAtMs).toBeLessThan(4_000);
    await replica.fleet.close();
    const leftAtMs = performance.now();
    await eventually('the replica is gone', () => one.fleet.hosts.length === 0);
    expect(performance.now() - leftAtMs).toBeLessThan(4_000);
  });

  it('the roster keeps its hosts while Redis is unreachable, and after Redis came back empty', async () => {
    await using server = await RedisServer.start();
    await using one = joinFleet(server);
    await using other = joinFleet(server);
    await eventually('each knows the other', () => one.fleet.hosts.length + other.fleet.hosts.length === 2);
    let seenEmpty = false;
    one.fleet.on('roster', ({ hosts }) => {
      seenEmpty ||= hosts.length === 0;
    });
    await server.kill();
    await one.away();
    expect(one.fleet.hosts).toHaveLength(1);
    await server.restart();
    await one.connected();
    await eventually('both are in the roster again', async () => (await server.do('ZCARD', HOSTS)) === 2);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(seenEmpty).toBe(false);
    expect(one.fleet.hosts).toHaveLength(1);
  });

  it('the roster rejects forged, copied and outdated records, and reports each foreign record once', async () => {
    await using server = await RedisServer.start();
    await using one = joinFleet(server, { address: 'http://127.0.0.1:1' });
    await using other = joinFleet(server);
    const refused: FleetEvent[] = [];
    other.fleet.on('refused', (event) => refused.push(event));
    await eventually('the other knows it', () => other.fleet.hosts.length === 1);
    const old = server.client();
    const box = await old.getBuffer(hostKey(one.fleet.hostId));
    if (box === null) throw new Error('The record is missing');
    one.fleet.announceMap({ name: 'm', sourceId: 'main', sha256: null, generatedAtMs: null, isLeading: false });
    await eventually('the change is heard', () => other.fleet.hosts[0]?.maps.length === 1);
    const nowMs = Date.now();
    await old.zadd(HOSTS, nowMs + 20_000, 'forged', nowMs + 20_000, 'copied', nowMs + 20_000, 'not an id \n');
    await old.set(hostKey('forged'), 'garbage');
    await old.set(hostKey('copied'), box);
    await eventually('both are refused', () => refused.length === 2, 20_000);
    await old.set(hostKey(one.fleet.hostId), box);
    await old.publish('{sw:tests}:hosts', one.fleet.hostId);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    old.disconnect();
    expect(other.fleet.hosts.map(({ hostId, maps }) => [hostId, maps.length])).toEqual([[one.fleet.hostId, 1]]);
    expect(refused.map((event) => ('what' in event ? event.what : '')).sort()).toEqual(['host:copied', 'host:forged']);
  });

  it('a host that ended without a message leaves the roster when its record expires', async () => {
    await using server = await RedisServer.start();
    await using one = joinFleet(server);
    await one.connected();
    const key = hostKey('silent');
    const host = { hostId: 'silent', role: 'any', address: null, version: '1', startedAt: 0, maps: [] } as const;
    const box = sealHost(new FleetSealer('tests', [FLEET_SECRET]), key, { host, revision: 1, hasLeft: false });
    const client = server.client();
    await client.set(key, box, 'PX', 8_000);
    await client.zadd(HOSTS, Date.now() + 8_000, 'silent');
    await client.publish(HOSTS, 'silent');
    client.disconnect();
    await eventually('it is known', () => one.fleet.hosts.length === 1);
    await eventually('it is forgotten', () => one.fleet.hosts.length === 0, 30_000);
  });

  it('a key of the roster with the wrong type is replaced in Redis, so that new hosts become known', async () => {
    await using server = await RedisServer.start();
    await using one = joinFleet(server);
    await one.connected();
    await eventually('it is in the roster', async () => (await server.do('ZCARD', HOSTS)) === 1);
    await server.do('SET', HOSTS, 'garbage');
    await using other = joinFleet(server);
    await eventually(
      'each knows the other',
      () => one.fleet.hosts.length === 1 && other.fleet.hosts.length === 1,
      20_000,
    );
  });

  it('hosts find each other once a Redis server that was full has room again', async () => {
    await using server = await RedisServer.start();
    await using one = joinFleet(server);
    await one.connected();
    await server.do('CONFIG', 'SET', 'maxmemory', '1');
    const refused: FleetEvent[] = [];
    one.fleet.on('refused', (event) => refused.push(event));
    one.fleet.announceAddress('http://127.0.0.1:1');
    await eventually('it is said', () => refused.some((event) => 'what' in event && event.what === 'hosts'));
    expect(one.fleet.isConnected).toBe(true);
    await server.do('CONFIG', 'SET', 'maxmemory', '0');
    await using other = joinFleet(server);
    await eventually('each knows the other', () => one.fleet.hosts.length === 1 && other.fleet.hosts.length === 1);
  });
});
