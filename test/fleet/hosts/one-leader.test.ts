import { describe, expect, it } from 'vitest';
import { fleetKeys, fleetMapName } from '../../../src/shared/fleet/fleet-keys.ts';
import { eventually } from '../../helpers/eventually.ts';
import { FleetSource } from '../../helpers/fleet/fleet-source.ts';
import { allHave, FLEET_ID, hostsHere, leaderOf } from '../../helpers/fleet/fleet-world.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';
import { jwksOf, newKey } from '../../helpers/signing-keys.ts';

describe.skipIf(!hasRedis)('a fleet with its Redis server', () => {
  it('only one host of a fleet requests the map, once a second, and every change reaches all hosts', async () => {
    await using redis = await RedisServer.start();
    await using source = await FleetSource.start(['a', 'b']);
    const startedAt = Date.now();
    await using hosts = hostsHere('host', { url: source.url, redis: redis.url, count: 8 });
    await hosts.started;
    await allHave(hosts.views, source.current.generatedAtMs);
    await leaderOf(hosts.views);
    const calmAt = Date.now();
    for (const ids of [['a', 'c'], ['a', 'd'], ['e']]) {
      await allHave(hosts.views, source.publish(ids).generatedAtMs);
    }
    const seconds = (Date.now() - startedAt) / 1_000;
    expect(source.requests.length).toBeLessThanOrEqual(Math.ceil(seconds * 1.2) + 1);
    expect(source.since(calmAt).length).toBeLessThanOrEqual(Math.ceil(((Date.now() - calmAt) / 1_000) * 1.2) + 1);
    expect(hosts.views.every(({ syncs }) => syncs.every(({ code }) => code === null))).toBe(true);
  });

  it('a fleet distributes maps with public-key signatures, and each host verifies them itself', async () => {
    const key = newKey('k1');
    await using redis = await RedisServer.start();
    await using source = await FleetSource.start(['a'], { keys: [key] });
    const shared = { url: source.url, redis: redis.url, signatureKey: null };
    await using hosts = hostsHere('host', { ...shared, count: 3, jwks: jwksOf(key) });
    await hosts.started;
    await leaderOf(hosts.views);
    const stranger = hostsHere('stranger', { ...shared, jwks: jwksOf(newKey('k1')), fleet: { role: 'reader' } });
    await using _ = stranger;
    await allHave(hosts.views, source.publish(['a', 'b']).generatedAtMs);
    const [view] = stranger.views;
    await eventually('the stranger refuses', () => (view?.logged('fleet-map-refused').length ?? 0) > 0);
    expect(view?.generatedAtMs).toBeNull();
    expect(view?.logged('fleet-map-refused')[0]).toMatchObject({ code: 'FLEET_MAP_REFUSED' });
  });

  it('a fleet works even if the clocks of its hosts differ by an hour', async () => {
    await using redis = await RedisServer.start();
    await using source = await FleetSource.start(['a']);
    const shared = { url: source.url, redis: redis.url };
    await using early = hostsHere('early', { ...shared, count: 2 });
    await using late = hostsHere('late', { ...shared, count: 2, clockAheadMs: 3_600_000 });
    const views = [...early.views, ...late.views];
    await Promise.all([early.started, late.started]);
    await leaderOf(views);
    for (const ids of [
      ['a', 'b'],
      ['a', 'c'],
    ])
      await allHave(views, source.publish(ids).generatedAtMs);
    const calmAt = Date.now();
    await allHave(views, source.publish(['a', 'd']).generatedAtMs);
    expect(source.peakSince(calmAt)).toBeLessThanOrEqual(2);
    expect(views.flatMap((view) => view.logged('fleet-map-refused'))).toEqual([]);
  });

  it('a forced sync of a host that is not the leader finds a change that was published just before', async () => {
    await using redis = await RedisServer.start();
    await using source = await FleetSource.start(['a']);
    await using hosts = hostsHere('host', { url: source.url, redis: redis.url, count: 3 });
    await hosts.started;
    const leader = await leaderOf(hosts.views);
    const index = hosts.views.findIndex((view) => view !== leader);
    for (let round = 0; round < 3; round += 1) {
      const { generatedAtMs } = source.publish(['a', `b${round}`]);
      await hosts.sync(index, true);
      expect(hosts.views[index]?.generatedAtMs).toBe(generatedAtMs);
    }
  });

  it('a fleet gives its map to hosts that join later, without more requests to the source', async () => {
    await using redis = await RedisServer.start();
    await using source = await FleetSource.start(['a']);
    const shared = { url: source.url, redis: redis.url };
    await using first = hostsHere('first', { ...shared, count: 1 });
    await first.started;
    await leaderOf(first.views);
    const from = Date.now();
    await using later = hostsHere('later', { ...shared, count: 4 });
    await later.started;
    expect(later.views.map(({ ids }) => ids)).toEqual([['a'], ['a'], ['a'], ['a']]);
    expect(source.peakSince(from)).toBeLessThanOrEqual(2);
    const { head } = fleetKeys(FLEET_ID).map(fleetMapName(FLEET_ID, source.url));
    expect(JSON.parse(String(await redis.do('GET', head)))).toMatchObject({
      generatedAtMs: source.current.generatedAtMs,
    });
  });
});
