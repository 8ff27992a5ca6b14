import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { answerOf, entries, MAP_NAME, MapHost, mapKeys, mapOf } from '../../helpers/fleet/map-host.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';
import { SlowPath } from '../../helpers/fleet/slow-path.ts';

describe.skipIf(!hasRedis)('the maps of a fleet on a failing Redis server', () => {
  let server: RedisServer;
  const hosts: MapHost[] = [];
  const join = async (hostId: string, port = server.port): Promise<MapHost> => {
    const host = await MapHost.follow(port, hostId);
    hosts.push(host);
    return host;
  };
  const map = mapOf(1_000);
  /** A leader that has published, and a follower that holds the same map. */
  const pair = async (port = server.port): Promise<[MapHost, MapHost]> => {
    const leader = await join('leader', port);
    await leader.leads();
    const follower = await join('follower', port);
    await eventually('it receives news of the leader', () => follower.count('map-heard') > 0);
    expect(await leader.publish(map)).toBe('done');
    await follower.hears(map);
    await follower.read(map);
    await follower.hold(map);
    return [leader, follower];
  };
  const isThere = async (key: string): Promise<boolean> => (await server.do('EXISTS', key)) === 1;

  beforeEach(async () => {
    server = await RedisServer.start();
  });
  afterEach(async () => {
    await Promise.all(hosts.map((host) => host.close()));
    hosts.length = 0;
    await server[Symbol.asyncDispose]();
  });

  it('after Redis came back empty, one leader writes the map again without a request to the source', async () => {
    const pairOf = await pair();
    await server.kill();
    await eventually('no host leads', () => pairOf.every(({ isLeading }) => !isLeading), 3_000);
    await eventually('all are alone', () => pairOf.every((host) => host.count('map-alone') === 1), 9_000);
    await server.restart();
    await eventually('one leads', () => pairOf.filter(({ isLeading }) => isLeading).length === 1, 10_000);
    await eventually(
      'the map is there',
      async () => (await isThere(mapKeys.head)) && isThere(mapKeys.body(map.sha256)),
    );
    await eventually('both hear again', () => pairOf.every((host) => host.count('map-heard') === 2));
    expect(pairOf.filter(({ isLeading }) => isLeading)).toHaveLength(1);
  });

  it('the leader writes the map to Redis again after all data in Redis was deleted', async () => {
    const [leader, follower] = await pair();
    await server.do('FLUSHALL');
    await eventually('the map is there', () => isThere(mapKeys.head), 8_000);
    await eventually('one leads', () => leader.isLeading !== follower.isLeading);
    expect(leader.count('refused')).toBe(0);
  });

  it('a map that Redis has evicted is written again, with its number of confirmations', async () => {
    const [leader] = await pair();
    answerOf(await leader.api.confirmMap(MAP_NAME, map.sha256));
    await server.do('DEL', mapKeys.body(map.sha256));
    const stranger = new MapHost(server.port, 'stranger', { role: 'reader' });
    hosts.push(stranger);
    await eventually('the stranger is connected', () => stranger.redis.isConnected);
    await eventually('the body is back', async () => (await stranger.read(map)) !== null, 3_000);
    expect(answerOf(await leader.api.readHead(MAP_NAME))).toMatchObject({ confirms: 1 });
    // Nothing was rejected, because a missing body is no attack.
    expect([...leader.events, ...stranger.events].filter(({ kind }) => kind === 'refused')).toEqual([]);
  });

  it('a fleet has no leader while the Redis server is frozen, and one leader once it thaws', async () => {
    const both = await pair();
    server.freeze();
    await eventually('no host leads', () => both.every(({ isLeading }) => !isLeading), 3_000);
    await eventually('all are alone', () => both.every((host) => host.count('map-alone') === 1), 9_000);
    server.thaw();
    await eventually('one leads', () => both.filter(({ isLeading }) => isLeading).length === 1, 10_000);
    const [leader] = both.filter(({ isLeading }) => isLeading);
    expect(await leader?.publish(mapOf(2_000))).toBe('done');
  });

  it('a fleet has no leader while each reply of the Redis server comes two seconds late', async () => {
    await using path = await SlowPath.to(server.port);
    const both = await pair(path.port);
    path.replyDelayMs = 2_000;
    await eventually('no host leads', () => both.every(({ isLeading }) => !isLeading), 3_000);
    await eventually('all are alone', () => both.every((host) => host.count('map-alone') === 1), 9_000);
    expect(await both[0].publish(mapOf(2_000))).toBe('fenced');
    path.replyDelayMs = 0;
    await eventually('one leads', () => both.some(({ isLeading }) => isLeading), 10_000);
    await Promise.all(hosts.map((host) => host.close()));
  });

  it('a map cannot be published while the Redis server is full, and is published once there is room', async () => {
    const [leader, follower] = await pair();
    await server.do('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    await server.do('CONFIG', 'SET', 'maxmemory', '1mb');
    const second = mapOf(2_000, entries(300));
    expect(await leader.publish(second)).toBe('FLEET_REFUSED');
    await eventually('the follower is alone', () => follower.count('map-alone') === 1, 9_000);
    expect(leader.isLeading).toBe(true);
    await server.do('CONFIG', 'SET', 'maxmemory', '0');
    await follower.hears(second);
    expect(follower.count('map-heard')).toBe(2);
    expect(Buffer.compare((await follower.read(second)) ?? Buffer.alloc(0), second.bytes)).toBe(0);
  });
});
