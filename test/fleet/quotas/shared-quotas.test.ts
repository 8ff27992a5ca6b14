import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { QuotaWorld } from '../../helpers/fleet/quota-world.ts';
import { hasRedis } from '../../helpers/fleet/redis-server.ts';

const codes = (world: QuotaWorld, host: number): unknown[] =>
  (world.hosts[host]?.lines ?? [])
    .map(({ fields }) => fields.event)
    .filter((event) => event === 'quota-local' || event === 'quota-shared');

describe('quotas of a fleet', { timeout: 120_000, skip: !hasRedis }, () => {
  it('three hosts that share a quota together make exactly as many calls per minute as the map allows', async () => {
    await using world = await QuotaWorld.start({ perMinute: 30 });
    await world.join(3);
    expect(await world.burst(20)).toBe(30);
    expect(world.callsAtMs).toHaveLength(30);
    expect(await world.burst(1, 1_000)).toBe(0);
  });

  it('a host can use a whole shared quota if no other host calls, and the error says when the next call can start', async () => {
    await using world = await QuotaWorld.start({ perMinute: 12 });
    await world.join(3);
    for (let count = 0; count < 12; count += 1) expect(await world.call(1)).toBe('done');
    const refused = world.hosts[0]?.manager.callTool('shop.work', {}, { timeoutMs: 5_000 });
    await expect(refused).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      message: expect.stringMatching(
        /^The quota of connector shop is used up: the next call can start in (5\d|6[0-2]) s\.$/,
      ),
    });
  });

  it('a host gives back the unused part of a shared quota within two seconds, so that other hosts can use it', async () => {
    await using world = await QuotaWorld.start({ perMinute: 100 });
    await world.join(3);
    for (let count = 0; count < 40; count += 1) expect(await world.call(0)).toBe('done');
    const rest = async (): Promise<boolean> => {
      while ((await world.call(1, 1_000)) === 'done');
      return world.callsAtMs.length >= 100;
    };
    await eventually('the rest is for another host', rest, 40_000);
    expect(world.callsAtMs).toHaveLength(100);
    expect(await world.call(2, 5_000)).toBe('QUOTA_EXCEEDED');
  });

  it('a shared quota limits the concurrent calls of all hosts together', async () => {
    await using world = await QuotaWorld.start({ concurrent: 3 });
    world.workMs = 20;
    await world.join(3);
    expect(await world.burst(12, 20_000)).toBe(36);
    expect(world.peak).toBe(3);
  });

  it('hosts take turns if their shared quota allows one call at a time and each host has its own queue', async () => {
    await using world = await QuotaWorld.start({ concurrent: 1 });
    world.workMs = 20;
    await world.join(3);
    const endedAtMs: number[][] = [[], [], []];
    const run = async (host: number): Promise<void> => {
      for (let count = 0; count < 20; count += 1) {
        expect(await world.call(host, 30_000)).toBe('done');
        endedAtMs[host]?.push(performance.now());
      }
    };
    const startedMs = performance.now();
    await Promise.all([0, 1, 2].flatMap((host) => [run(host), run(host)]));
    const allMs = performance.now() - startedMs;
    expect(world.peak).toBe(1);
    // No host waits until another host has finished all its calls.
    for (const ended of endedAtMs) expect((ended[0] ?? 0) - startedMs).toBeLessThan(allMs / 2);
  });

  it('hosts use changed quotas of a new map immediately', async () => {
    await using world = await QuotaWorld.start({ perMinute: 6 });
    await world.join(2);
    expect(await world.burst(10, 1_000)).toBe(6);
    world.publish({ perMinute: 10, concurrent: 2 });
    await Promise.all(world.hosts.map(({ manager }) => manager.sync(true)));
    expect(await world.burst(10, 3_000)).toBe(4);
    world.publish({ perMinute: 0 });
    await Promise.all(world.hosts.map(({ manager }) => manager.sync(true)));
    expect(await world.call(0)).toBe('QUOTA_EXCEEDED');
    world.publish({});
    await Promise.all(world.hosts.map(({ manager }) => manager.sync(true)));
    expect(await world.burst(10)).toBe(20);
  });
});

// Each test has its own server and hosts, and mostly waits for them.
describe('quotas of a fleet whose Redis server fails', { concurrent: true, timeout: 120_000, skip: !hasRedis }, () => {
  it('while Redis is dead, each host uses its share of a quota, and the quota is shared again once Redis is back', async () => {
    await using world = await QuotaWorld.start({ perMinute: 31 });
    await world.join(3);
    for (const { lines } of world.hosts) lines.length = 0;
    await world.redis.kill();
    expect(await world.burst(20)).toBe(30);
    for (const host of [0, 1, 2]) expect(codes(world, host)).toEqual(['quota-local']);
    const told = world.hosts[0]?.lines.find(({ fields }) => fields.event === 'quota-local');
    expect(told).toMatchObject({ level: 'warn', fields: { code: 'QUOTA_LOCAL', hosts: 3, without: 'share' } });
    await world.redis.restart();
    await eventually(
      'all hosts count together again',
      () => [0, 1, 2].every((host) => codes(world, host).join() === 'quota-local,quota-shared'),
      40_000,
    );
    // The server has lost its data. Hosts first report their calls from the outage, so at most one host's permits come
    // before the reports of the others.
    const more = await world.burst(20, 2_000);
    expect(more).toBeLessThanOrEqual(21);
  });

  it('with `quotasWithout: "refuse"`, calls are rejected while Redis is dead, and allowed once it is back', async () => {
    await using world = await QuotaWorld.start({ perMinute: 30 });
    await world.join(2, { quotasWithout: 'refuse' });
    expect(await world.call(0)).toBe('done');
    await world.redis.kill();
    await eventually('calls are refused', async () => (await world.call(0)) === 'QUOTA_EXCEEDED');
    await expect(world.hosts[1]?.manager.callTool('shop.work', {})).rejects.toThrow(
      'The quota of connector shop is used up: the hosts that share it cannot count their calls at the moment.',
    );
    await world.redis.restart();
    await eventually('calls begin again', async () => (await world.call(0)) === 'done');
  });

  it('while Redis is frozen, each host uses its share of a quota, and no call hangs', async () => {
    await using world = await QuotaWorld.start({ perMinute: 40, concurrent: 10 });
    await world.join(2);
    expect(await world.call(0)).toBe('done');
    for (const { lines } of world.hosts) lines.length = 0;
    world.redis.freeze();
    const startedMs = performance.now();
    // Each host has 20 calls, one of which was used before.
    expect(await world.burst(25)).toBe(39);
    expect(performance.now() - startedMs).toBeLessThan(4_500);
    world.redis.thaw();
    await eventually(
      'all hosts count together again',
      () => [0, 1].every((host) => codes(world, host).at(-1) === 'quota-shared'),
      40_000,
    );
  });

  it('hosts report their calls again to a Redis server that lost its data, so that quotas are not used twice', async () => {
    await using world = await QuotaWorld.start({ perMinute: 20 });
    await world.join(2);
    expect(await world.burst(15)).toBe(20);
    await world.redis.do('FLUSHALL');
    const before = world.callsAtMs.length;
    for (const host of [0, 1]) await world.call(host, 500);
    await world.burst(15, 500);
    // Each host used a part of the 20 permits. Until the second host has reported its calls, the first host can get as
    // many further permits as the second host used.
    expect(world.callsAtMs.length - before).toBeLessThanOrEqual(10);
  });
});
