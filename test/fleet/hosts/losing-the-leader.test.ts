import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { FleetSource } from '../../helpers/fleet/fleet-source.ts';
import { allHave, HostProcess, hostsHere, leaderOf } from '../../helpers/fleet/fleet-world.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';

/** These tests mostly wait, so they run concurrently. */
const TOGETHER = { concurrent: true, timeout: 120_000 };

/** Starts a leader in its own process, and three hosts in this process that follow the leader. */
async function ledByChild() {
  const resources = new AsyncDisposableStack();
  const redis = resources.use(await RedisServer.start());
  const source = resources.use(await FleetSource.start(['a']));
  const shared = { url: source.url, redis: redis.url, intervalMs: 60_000 };
  const child = resources.use(new HostProcess('child', shared));
  await child.started;
  await leaderOf(child.views);
  const hosts = resources.use(hostsHere('host', { ...shared, count: 3 }));
  await hosts.started;
  await allHave(hosts.views, source.current.generatedAtMs);
  return { resources, redis, source, child, hosts, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

describe.skipIf(!hasRedis)('a fleet with a failing leader', TOGETHER, () => {
  it('a fleet replaces a killed leader, and its source still gets about one request per second', async () => {
    await using world = await ledByChild();
    const { source, child, hosts } = world;
    await child.kill();
    const killedAt = Date.now();
    const { generatedAtMs } = source.publish(['a', 'b']);
    await allHave(hosts.views, generatedAtMs);
    await leaderOf(hosts.views);
    await allHave(hosts.views, source.publish(['a', 'c']).generatedAtMs);
    const seconds = (Date.now() - killedAt) / 1_000;
    expect(source.since(killedAt).length).toBeLessThanOrEqual(Math.ceil(seconds * 1.2) + 1);
  });

  it('a leader that was paused beyond its lease continues only as a follower', async () => {
    await using world = await ledByChild();
    const { source, child, hosts } = world;
    const [paused] = child.views;
    child.pause();
    await leaderOf(hosts.views);
    const { generatedAtMs } = source.publish(['a', 'b']);
    await allHave(hosts.views, generatedAtMs);
    child.wake();
    await eventually('the paused leader follows', () => paused?.state === 'following');
    await allHave([...hosts.views, ...child.views], generatedAtMs);
    await leaderOf(hosts.views);
    await allHave([...hosts.views, ...child.views], source.publish(['a', 'c']).generatedAtMs);
  });

  it('a host that cannot load the map of the source gives up being the leader, and another host takes over', async () => {
    await using redis = await RedisServer.start();
    await using source = await FleetSource.start(['a']);
    const shared = { url: source.url, redis: redis.url, intervalMs: 60_000 };
    // This host has the wrong key, so it rejects every map. A host with wrong credentials would get no map, to the same
    // effect.
    await using lame = hostsHere('lame', { ...shared, signatureKey: 'another key than that of the source' });
    await lame.started;
    await leaderOf(lame.views);
    await using hosts = hostsHere('host', { ...shared, count: 2 });
    await leaderOf(hosts.views);
    await hosts.started;
    await allHave(hosts.views, source.publish(['a', 'b']).generatedAtMs);
    expect(lame.views[0]?.logged('fleet-stepped-down')).toHaveLength(1);
    expect(lame.views[0]?.generatedAtMs).toBeNull();
  });
});

describe.skipIf(!hasRedis)('a fleet with a failing source', TOGETHER, () => {
  it('a fleet keeps its map while the source is down, and gets the next map when the source is back', async () => {
    await using redis = await RedisServer.start();
    await using source = await FleetSource.start(['a']);
    await using hosts = hostsHere('host', { url: source.url, redis: redis.url, count: 3, intervalMs: 60_000 });
    await hosts.started;
    await leaderOf(hosts.views);
    await allHave(hosts.views, source.current.generatedAtMs);
    source.answerWith(503);
    const downAt = Date.now();
    await eventually('it was asked in vain for a while', () => source.since(downAt).length >= 8, 30_000);
    const seconds = (Date.now() - downAt) / 1_000;
    expect(source.since(downAt).length).toBeLessThanOrEqual(Math.ceil(seconds * 1.2) + 2);
    expect(hosts.views.map(({ ids }) => ids)).toEqual([['a'], ['a'], ['a']]);
    const { generatedAtMs } = source.publish(['a', 'b']);
    source.answerWith(200);
    await allHave(hosts.views, generatedAtMs);
  });

  it('no host of a fleet sends a request before the Retry-After of the source is over', async () => {
    await using redis = await RedisServer.start();
    await using source = await FleetSource.start(['a']);
    await using hosts = hostsHere('host', { url: source.url, redis: redis.url, count: 3, intervalMs: 60_000 });
    await hosts.started;
    await leaderOf(hosts.views);
    await allHave(hosts.views, source.current.generatedAtMs);
    source.answerWith(429, 4);
    await eventually('it said so', () => source.requests.at(-1)?.status === 429);
    const saidAt = Date.now();
    source.answerWith(200);
    const { generatedAtMs } = source.publish(['a', 'b']);
    await allHave(hosts.views, generatedAtMs);
    const [next] = source.since(saidAt);
    expect((next?.at ?? 0) - saidAt).toBeGreaterThan(3_500);
  });
});
