import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { FleetSource } from '../../helpers/fleet/fleet-source.ts';
import { allHave, type HostGroup, type HostView, hostsHere, leaderOf } from '../../helpers/fleet/fleet-world.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';
import { TcpProxy } from '../../helpers/fleet/tcp-proxy.ts';

const INTERVAL_MS = 2_000;
const COUNT = 3;

/** These tests mostly wait, so they run concurrently. */
const TOGETHER = { concurrent: true, timeout: 120_000 };

/** Time limit of a wait, in ms. The awaited condition holds much sooner unless the machine is busy. */
const LONG_MS = 30_000;

const areAll = (views: readonly HostView[], state: string): boolean => views.every((view) => view.state === state);

/** Starts hosts, and resolves once they have received their first map from one leader. */
async function calmHosts(source: FleetSource, redis: string): Promise<HostGroup> {
  const hosts = hostsHere('host', { url: source.url, redis, count: COUNT, intervalMs: INTERVAL_MS });
  await hosts.started;
  await leaderOf(hosts.views);
  await allHave(hosts.views, source.current.generatedAtMs);
  return hosts;
}

/** Checks that each host is alone and still gets every change, and that the requests to the source do not bunch up. */
async function expectAlone(source: FleetSource, views: readonly HostView[]): Promise<void> {
  await eventually('all hosts are alone', () => areAll(views, 'alone'), LONG_MS);
  const from = Date.now();
  await allHave(views, source.publish(['a', 'alone']).generatedAtMs, LONG_MS);
  // Lone hosts send COUNT requests in each interval. By chance, all these requests may fall into one second.
  expect(source.peakSince(from)).toBeLessThanOrEqual(COUNT);
}

/**
 * Checks that one host leads again, that only this host requests maps, and that changes reach all hosts immediately.
 */
async function expectReunion(source: FleetSource, views: readonly HostView[]): Promise<void> {
  await leaderOf(views);
  await eventually('the others follow', () => views.filter(({ state }) => state === 'following').length === COUNT - 1);
  const from = Date.now();
  await allHave(views, source.publish(['a', 'again']).generatedAtMs);
  await allHave(views, source.publish(['a', 'and-again']).generatedAtMs);
  expect(source.peakSince(from)).toBeLessThanOrEqual(2);
}

describe.skipIf(!hasRedis)('a fleet with a failing Redis server', TOGETHER, () => {
  it('hosts work alone when their Redis server dies, and as a fleet again when it is back without its data', async () => {
    await using redis = await RedisServer.start();
    await using source = await FleetSource.start(['a']);
    await using hosts = await calmHosts(source, redis.url);
    await redis.kill();
    await expectAlone(source, hosts.views);
    await redis.restart();
    await expectReunion(source, hosts.views);
    expect(await redis.do('KEYS', '*:body:*')).not.toEqual([]);
  });

  it('hosts work alone when their Redis server freezes, and as a fleet again when it thaws', async () => {
    await using redis = await RedisServer.start();
    await using source = await FleetSource.start(['a']);
    await using hosts = await calmHosts(source, redis.url);
    redis.freeze();
    await expectAlone(source, hosts.views);
    redis.thaw();
    await expectReunion(source, hosts.views);
  });

  it('hosts still get new maps when their Redis server answers each command two seconds late', async () => {
    await using redis = await RedisServer.start();
    await using proxy = await TcpProxy.start(redis.port);
    await using source = await FleetSource.start(['a']);
    await using hosts = await calmHosts(source, proxy.url);
    proxy.delayMs = 2_000;
    await eventually('the leader steps down', () => hosts.views.every(({ state }) => state !== 'leading'), LONG_MS);
    const from = Date.now();
    await allHave(hosts.views, source.publish(['a', 'slow']).generatedAtMs, LONG_MS);
    expect(source.peakSince(from)).toBeLessThanOrEqual(COUNT);
  });

  it('if half of the hosts lose Redis, these hosts work alone, and the other half stays a fleet', async () => {
    await using redis = await RedisServer.start();
    await using proxy = await TcpProxy.start(redis.port);
    await using source = await FleetSource.start(['a']);
    await using near = await calmHosts(source, redis.url);
    await using far = hostsHere('far', { url: source.url, redis: proxy.url, count: 2, intervalMs: INTERVAL_MS });
    await far.started;
    await allHave(far.views, source.current.generatedAtMs);
    proxy.cut();
    await eventually('the far half is alone', () => areAll(far.views, 'alone'), LONG_MS);
    await leaderOf(near.views);
    await allHave([...near.views, ...far.views], source.publish(['a', 'cut']).generatedAtMs, LONG_MS);
    proxy.mend();
    await eventually('it follows again', () => areAll(far.views, 'following'), LONG_MS);
    await allHave([...near.views, ...far.views], source.publish(['a', 'mended']).generatedAtMs);
  });

  it('hosts whose Redis server is missing at the start work alone', async () => {
    await using source = await FleetSource.start(['a']);
    await using hosts = hostsHere('host', { url: source.url, redis: 'redis://127.0.0.1:1', count: 2 });
    await hosts.started;
    await eventually('both are alone', () => areAll(hosts.views, 'alone'));
    expect(hosts.views.map(({ ids }) => ids)).toEqual([['a'], ['a']]);
  });

  it('every map reaches all hosts of a fleet, even when its Redis server is flushed or has no memory left', async () => {
    await using redis = await RedisServer.start();
    await using source = await FleetSource.start(['a']);
    await using hosts = await calmHosts(source, redis.url);
    await redis.do('FLUSHALL');
    await allHave(hosts.views, source.publish(['a', 'flushed']).generatedAtMs);
    await redis.do('CONFIG', 'SET', 'maxmemory', '1');
    const full = source.publish(['a', 'full']);
    await allHave(hosts.views, full.generatedAtMs, LONG_MS);
    await redis.do('CONFIG', 'SET', 'maxmemory', '0');
    await leaderOf(hosts.views);
    await allHave(hosts.views, source.publish(['a', 'roomy']).generatedAtMs);
    expect(hosts.views.flatMap((view) => view.logged('fleet-map-refused'))).toEqual([]);
  });
});
