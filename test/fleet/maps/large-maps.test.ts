import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { answerOf, entries, MAP_NAME, MapHost, mapKeys, mapOf } from '../../helpers/fleet/map-host.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';

const MEGABYTE = 1024 * 1024;

describe.skipIf(!hasRedis)('a map of 14 MB', () => {
  const first = mapOf(1_000, entries(10_000));
  const second = mapOf(2_000, entries(10_000, 50, 'changed'));
  let server: RedisServer;
  const hosts: MapHost[] = [];

  beforeEach(async () => {
    server = await RedisServer.start();
  });
  afterEach(async () => {
    await Promise.all(hosts.map((host) => host.close()));
    hosts.length = 0;
    await server[Symbol.asyncDispose]();
  });

  it('a map of 14 MB reaches four hosts in full, and its change as a patch, while Redis stays below 100 MB', async () => {
    const leader = await MapHost.follow(server.port, 'leader');
    hosts.push(leader);
    await leader.leads();
    expect(await leader.publish(first)).toBe('done');
    for (const hostId of ['a', 'b', 'c', 'd'])
      hosts.push(await MapHost.follow(server.port, hostId, { role: 'reader' }));
    const readers = hosts.slice(1);
    await Promise.all(readers.map((reader) => reader.hears(first)));
    const read = async (host: MapHost, map: typeof first): Promise<string | undefined> => {
      const head = answerOf(await host.api.readHead(MAP_NAME));
      const body = head === null ? null : answerOf(await host.api.readMap(MAP_NAME, head));
      expect(Buffer.compare(body?.bytes ?? Buffer.alloc(0), map.bytes)).toBe(0);
      await host.hold(map);
      return body?.how;
    };
    expect(await Promise.all(readers.map((reader) => read(reader, first)))).toEqual(['body', 'body', 'body', 'body']);
    // All hosts share this thread, so the leader may have lost its lease while they compared bodies.
    await eventually('it is published', async () => (await leader.publish(second)) === 'done');
    await Promise.all(readers.map((reader) => reader.hears(second)));
    const hows = await Promise.all(readers.map((reader) => read(reader, second)));
    expect(hows).toEqual(['patch', 'patch', 'patch', 'patch']);
    const memory = String(await server.do('INFO', 'memory'));
    expect(Number(/used_memory_peak:(\d+)/.exec(memory)?.[1])).toBeLessThan(100 * MEGABYTE);
  });

  it('a leader notices that the bytes of a 14 MB map in Redis were changed, and writes the map again', async () => {
    const leader = await MapHost.follow(server.port, 'leader');
    hosts.push(leader);
    await leader.leads();
    expect(await leader.publish(first)).toBe('done');
    await server.do('SETRANGE', mapKeys.body(first.sha256), 1_000_000, 'x'.repeat(10));
    const reader = await MapHost.follow(server.port, 'reader', { role: 'reader' });
    hosts.push(reader);
    await eventually('it is connected', () => reader.redis.isConnected);
    expect(await reader.read(first)).toBeNull();
    expect(reader.count('refused')).toBe(1);
    await eventually('the leader notices', () => leader.events.some(({ kind }) => kind === 'refused'), 20_000);
    await eventually('it can be read', async () => (await reader.read(first)) !== null);
  });
});
