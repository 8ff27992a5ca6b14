import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HeldMap } from '../../../src/shared/protocol/fleet/map-messages.ts';
import { eventually } from '../../helpers/eventually.ts';
import { answerOf, entries, MAP_NAME, MapHost, mapKeys, mapOf } from '../../helpers/fleet/map-host.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';

describe.skipIf(!hasRedis)('a map that the leader publishes', () => {
  let server: RedisServer;
  const hosts: MapHost[] = [];
  const join = async (hostId: string, options = {}): Promise<MapHost> => {
    const host = await MapHost.follow(server.port, hostId, options);
    hosts.push(host);
    return host;
  };
  const leaderAndFollower = async (): Promise<[MapHost, MapHost]> => {
    const leader = await join('leader');
    await leader.leads();
    const follower = await join('follower');
    await eventually('it receives news of the leader', () => follower.count('map-heard') > 0);
    return [leader, follower];
  };
  const held = ({ sha256, generatedAtMs, expiresAtMs, etag }: HeldMap): HeldMap => {
    return { sha256, generatedAtMs, expiresAtMs, etag };
  };
  const keysOf = async (pattern: string): Promise<string[]> => (await server.do('KEYS', pattern)) as string[];

  beforeEach(async () => {
    server = await RedisServer.start();
  });
  afterEach(async () => {
    await Promise.all(hosts.map((host) => host.close()));
    hosts.length = 0;
    await server[Symbol.asyncDispose]();
  });

  it('a published map is announced to a follower, which can then read its bytes and its ETag', async () => {
    const [leader, follower] = await leaderAndFollower();
    const map = mapOf(1_000);
    expect(await leader.publish(map)).toBe('done');
    await follower.hears(map);
    const head = answerOf(await follower.api.readHead(MAP_NAME));
    expect(head).toMatchObject({ sha256: map.sha256, generatedAtMs: 1_000, confirms: 0, by: 'leader', fence: 1 });
    const body = answerOf(await follower.api.readMap(MAP_NAME, head as never));
    expect(body).toMatchObject({ bytes: map.bytes, etag: map.etag, how: 'body' });
    expect(leader.count('map-news')).toBe(0);
  });

  it('a published map is announced even to a host that joins later or lost its connection', async () => {
    const [leader, follower] = await leaderAndFollower();
    const map = mapOf(1_000);
    await leader.publish(map);
    const late = await join('late', { role: 'reader' });
    await late.hears(map);
    await follower.hears(map);
    await follower.hold(map);
    await server.do('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await leader.publish(mapOf(2_000));
    await follower.hears(mapOf(2_000));
  });

  it('a published map is announced to each follower exactly once, however often the leader renews its lease', async () => {
    const [leader, follower] = await leaderAndFollower();
    await leader.publish(mapOf(1_000));
    await follower.hears(mapOf(1_000));
    const heads: string[] = [];
    const stop = follower.redis.subscribe(mapKeys.news, (message) => heads.push(message));
    await eventually('four beats', () => heads.length >= 4);
    stop();
    expect(follower.count('map-news')).toBe(1);
  });

  it('hosts that hold a published map are told that it is confirmed, and the confirmations are counted', async () => {
    const [leader, follower] = await leaderAndFollower();
    const map = mapOf(1_000);
    await leader.publish(map);
    await follower.hears(map);
    await follower.hold(map);
    for (let round = 0; round < 6; round += 1)
      expect(answerOf(await leader.api.confirmMap(MAP_NAME, map.sha256))).toBe('done');
    expect(answerOf(await follower.api.readHead(MAP_NAME))).toMatchObject({ confirms: 6 });
    await eventually('it hears', () => follower.count('map-confirmed') >= 3);
    expect(follower.count('map-confirmed')).toBe(3);
    expect(follower.count('map-news')).toBe(1);
  });

  it("a map cannot be published if it is older than the fleet's map, or differs at the same `generatedAt`", async () => {
    const [leader, follower] = await leaderAndFollower();
    await leader.publish(mapOf(2_000));
    await leader.close();
    await follower.leads();
    expect(await follower.publish(mapOf(1_000))).toBe('older');
    expect(await follower.publish(mapOf(2_000, 'another of the same instant'))).toBe('older');
    expect(answerOf(await follower.api.readHead(MAP_NAME))).toMatchObject({ sha256: mapOf(2_000).sha256 });
    expect(await follower.publish(mapOf(3_000))).toBe('done');
    expect(await follower.publish(mapOf(2_500))).toBe('older');
  });

  it('an older map can be published after the main thread of the host has rejected the newer map in Redis', async () => {
    const [leader, follower] = await leaderAndFollower();
    await leader.publish(mapOf(9_000));
    await leader.close();
    await follower.leads();
    answerOf(await follower.api.refuseMap(MAP_NAME, mapOf(9_000).sha256));
    expect(await follower.publish(mapOf(1_000))).toBe('done');
  });

  it('a follower that becomes the leader can confirm the map that the leader before it published', async () => {
    const [leader, follower] = await leaderAndFollower();
    const map = mapOf(1_000);
    await leader.publish(map);
    await follower.hears(map);
    await follower.hold(map);
    await leader.close();
    await follower.leads();
    expect(answerOf(await follower.api.confirmMap(MAP_NAME, map.sha256))).toBe('done');
    expect(answerOf(await follower.api.readHead(MAP_NAME))).toMatchObject({ by: 'follower', fence: 2, confirms: 1 });
  });

  it('a leader can confirm only a map that was published, and cannot publish a map with a wrong digest or size', async () => {
    const huge = { ...mapOf(4_000), bytes: new Uint8Array(33 * 1024 * 1024) };
    const leader = await join('leader');
    await leader.leads();
    await leader.hold(mapOf(1_000));
    expect(answerOf(await leader.api.confirmMap(MAP_NAME, mapOf(1_000).sha256))).toBe('missing');
    expect(await leader.publish(mapOf(1_000))).toBe('done');
    const wrong = { ...mapOf(2_000), sha256: mapOf(3_000).sha256 };
    expect(await leader.publish(wrong)).toBe('FLEET_MAP_REFUSED');
    expect(await leader.api.publishMap(MAP_NAME, huge)).toMatchObject({ error: { code: 'FLEET_MAP_REFUSED' } });
  });

  it('a published map arrives as a patch at a host with the previous map, and in full at any other host', async () => {
    const first = mapOf(1_000, entries(400));
    const second = mapOf(2_000, entries(400, 4, 'changed'));
    const [leader, follower] = await leaderAndFollower();
    expect(await leader.publish(first)).toBe('done');
    await follower.hears(first);
    expect(Buffer.compare((await follower.read(first)) ?? Buffer.alloc(0), first.bytes)).toBe(0);
    await follower.hold(first);
    expect(await leader.publish(second)).toBe('done');
    await follower.hears(second);
    const head = answerOf(await follower.api.readHead(MAP_NAME));
    expect(answerOf(await follower.api.readMap(MAP_NAME, head as never))).toMatchObject({
      how: 'patch',
      etag: '"2000"',
    });
    const late = await join('late');
    await late.hears(second);
    const whole = answerOf(await late.api.readMap(MAP_NAME, head as never));
    expect(whole).toMatchObject({ how: 'body' });
    expect(Buffer.compare(whole?.bytes ?? Buffer.alloc(0), second.bytes)).toBe(0);
  });

  it('a published map arrives in full if its patch is missing or invalid, and an invalid patch is reported', async () => {
    const first = mapOf(1_000, entries(400));
    const second = mapOf(2_000, entries(400, 4, 'changed'));
    const [leader, follower] = await leaderAndFollower();
    expect(await leader.publish(first)).toBe('done');
    await follower.hears(first);
    await follower.read(first);
    await follower.hold(first);
    expect(await leader.publish(second)).toBe('done');
    await follower.hears(second);
    const [patch = ''] = await keysOf(`*:patch:${first.sha256}:${second.sha256}`);
    for (const spoil of [
      ['SETRANGE', patch, 50, 'garbage'],
      ['DEL', patch],
      ['RPUSH', patch, 'a list'],
    ] as const) {
      const [command, ...args] = spoil;
      await server.do(command, ...args);
      const witness = await join(`witness-${command}`, { role: 'reader' });
      await witness.hears(second);
      await witness.api.holdMap(MAP_NAME, held(first), first.bytes.slice());
      const head = answerOf(await witness.api.readHead(MAP_NAME));
      const body = answerOf(await witness.api.readMap(MAP_NAME, head as never));
      expect(body?.how).toBe('body');
      expect(Buffer.compare(body?.bytes ?? Buffer.alloc(0), second.bytes)).toBe(0);
      expect(witness.count('refused')).toBe(command === 'DEL' ? 0 : 1);
    }
  });

  it('Redis keeps only the newest published map, however often the map changes', async () => {
    const maps = [1, 2, 3, 4, 5].map((generation) => mapOf(generation * 1_000, entries(300, 3, `${generation}`)));
    const leader = await join('leader');
    await leader.leads();
    for (const map of maps) expect(await leader.publish(map)).toBe('done');
    const bodies = await keysOf('*:body:*');
    const lasting = await Promise.all(bodies.map(async (key) => Number(await server.do('PTTL', key)) > 10_000));
    expect(lasting.filter((isLasting) => isLasting)).toHaveLength(1);
    const patches = await keysOf('*:patch:*');
    const current = await Promise.all(patches.map(async (key) => Number(await server.do('PTTL', key)) > 10_000));
    expect(current.filter((isLasting) => isLasting)).toHaveLength(1);
    // Redis holds no piece of a body any more, and only the counter of the fence has no expiry.
    expect(bodies.filter((key) => /body:[0-9a-f]{64}:/.test(key))).toEqual([]);
    const ttls = await Promise.all((await keysOf('*')).map(async (key) => [key, await server.do('PTTL', key)]));
    expect(ttls.filter(([, ttl]) => ttl === -1)).toEqual([[mapKeys.fence, -1]]);
  });
});
