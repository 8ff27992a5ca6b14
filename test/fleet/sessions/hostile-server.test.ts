import { describe, expect, it } from 'vitest';
import { fleetOf } from '../../../src/main/manager/parts-of.ts';
import { fleetKeys } from '../../../src/shared/fleet/fleet-keys.ts';
import type { FleetEvent } from '../../../src/shared/protocol/fleet/fleet-messages.ts';
import { eventually } from '../../helpers/eventually.ts';
import { isConnected, startReplicas } from '../../helpers/fleet/gateway-replicas.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';
import { openSession, openStream, postLegacy } from '../../helpers/mcp-post.ts';

const keys = fleetKeys('test');

describe.skipIf(!hasRedis)('a fleet whose Redis server an attacker writes to', () => {
  async function startWorld(redis: RedisServer) {
    const replicas = await startReplicas(2, {}, { redisUrl: redis.url });
    const [a, b] = [replicas.at(0), replicas.at(1)];
    for (const replica of [a, b]) await isConnected(replica);
    const refused: string[] = [];
    fleetOf(b.manager)?.on('refused', ({ what }: Extract<FleetEvent, { kind: 'refused' }>) => void refused.push(what));
    return { a: a.mcp, b: b.mcp, refused, [Symbol.asyncDispose]: () => replicas[Symbol.asyncDispose]() };
  }
  const ping = async (mcp: string, headers: Readonly<Record<string, string>>): Promise<number> =>
    (await postLegacy(mcp, 'ping', {}, { headers })).status;

  it('an attacker who writes forged records to Redis cannot end a session', async () => {
    await using redis = await RedisServer.start();
    await using world = await startWorld(redis);
    const ended = await openSession(world.a);
    await fetch(world.a, { method: 'DELETE', headers: ended.headers });
    const [field, value] = (await redis.do('HGETALL', keys.session(ended.id))) as [string, string];
    expect(field).toBe('end');
    const poisons: readonly ((key: string) => Promise<unknown>)[] = [
      (key) => redis.do('HSET', key, field, value),
      (key) => redis.do('HSET', key, 'end', '1', 'level', 'debug', 'home', 'evil', 'w:x', 'http://evil.example'),
      (key) => redis.do('SET', key, 'ended'),
      (key) => redis.do('HSET', key, ...Array.from({ length: 1_000 }, (_, index) => [`w:${index}`, value]).flat()),
      (key) => redis.do('HSET', key, 'end', 'x'.repeat(5_000_000)),
      (key) => redis.do('LPUSH', key, value),
    ];
    for (const poison of poisons) {
      const session = await openSession(world.a);
      await poison(keys.session(session.id));
      expect([await ping(world.b, session.headers), await ping(world.a, session.headers)]).toEqual([200, 200]);
      expect((await postLegacy(world.b, 'logging/setLevel', { level: 'debug' }, session)).status).toBe(200);
      expect((await fetch(world.b, { method: 'DELETE', headers: session.headers })).status).toBe(200);
      await eventually('it has ended where it was', async () => (await ping(world.a, session.headers)) === 404);
    }
    expect(world.refused.length).toBeGreaterThan(0);
  });

  it('a session record of a wrong type in Redis is replaced, and the replicas go on sharing the session', async () => {
    await using redis = await RedisServer.start();
    await using world = await startWorld(redis);
    const session = await openSession(world.a);
    const key = keys.session(session.id);
    await redis.do('SET', key, 'garbage');
    await postLegacy(world.b, 'logging/setLevel', { level: 'debug' }, session);
    expect([await redis.do('TYPE', key), await redis.do('HLEN', key)]).toEqual(['hash', 1]);
  });

  it('an attacker who sends forged or repeated messages over Redis cannot close the stream of a session', async () => {
    await using redis = await RedisServer.start();
    await using world = await startWorld(redis);
    const heard: string[] = [];
    const listener = redis.client();
    await listener.connect();
    await listener.subscribe(keys.sessionNews);
    listener.on('message', (_, message: string) => void heard.push(message));
    const session = await openSession(world.a);
    const stream = (mcp: string) => openStream(mcp, { headers: { ...session.headers, accept: 'text/event-stream' } });
    await using first = await stream(world.b);
    await using second = await stream(world.a);
    await first.ended;
    await using third = await stream(world.b);
    await second.ended;
    expect(heard.length).toBe(3);
    let isOpen = true;
    void third.ended.then(() => (isOpen = false));
    const before = world.refused.length;
    const known = [...heard];
    for (const message of [...known, 'garbage', '', known.join(''), `${known[0]}A`])
      await redis.do('PUBLISH', keys.sessionNews, message);
    // Some copies are not refused, because a replica ignores copies of its own messages.
    await eventually('all of it was refused', () => world.refused.length - before >= 5);
    expect([isOpen, await ping(world.b, session.headers)]).toEqual([true, 200]);
    listener.disconnect();
  });

  it('the records in Redis reveal neither the id of a session nor its log level', async () => {
    await using redis = await RedisServer.start();
    await using world = await startWorld(redis);
    const session = await openSession(world.a);
    await postLegacy(world.b, 'logging/setLevel', { level: 'debug' }, session);
    await using _standing = await openStream(world.a, { headers: { ...session.headers, accept: 'text/event-stream' } });
    const key = keys.session(session.id);
    await eventually('both are written', async () => Number(await redis.do('HLEN', key)) === 2);
    const dump = JSON.stringify([key, await redis.do('HGETALL', key)]);
    for (const secret of [session.id, session.id.slice(4, 40), 'debug']) expect(dump).not.toContain(secret);
    expect(Number(await redis.do('PTTL', key))).toBeGreaterThan(29 * 60_000);
  });
});

describe.skipIf(!hasRedis)('a session that is ended while the Redis server of the fleet is unreachable', () => {
  it('a session that is ended while Redis is unreachable ends immediately at all replicas', async () => {
    await using redis = await RedisServer.start();
    await using replicas = await startReplicas(3, {}, { redisUrl: redis.url });
    const all = [0, 1, 2].map((index) => replicas.at(index));
    for (const { manager } of all)
      await eventually(
        'all know each other',
        () => (fleetOf(manager)?.hosts ?? []).filter(({ address }) => address !== null).length === 2,
      );
    const [a, b, c] = all.map(({ mcp }) => mcp) as [string, string, string];
    const { headers } = await openSession(a);
    await postLegacy(b, 'ping', {}, { headers });
    await redis.kill();
    expect((await fetch(a, { method: 'DELETE', headers })).status).toBe(200);
    for (const mcp of [a, b, c]) expect((await postLegacy(mcp, 'ping', {}, { headers })).status).toBe(404);
  });
});
