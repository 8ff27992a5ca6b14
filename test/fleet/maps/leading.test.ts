import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { answerOf, MAP_NAME, MapHost, mapKeys, mapOf } from '../../helpers/fleet/map-host.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';

describe.skipIf(!hasRedis)('the leader of a map', () => {
  let server: RedisServer;
  const hosts: MapHost[] = [];
  const join = async (hostId: string, options = {}): Promise<MapHost> => {
    const host = await MapHost.follow(server.port, hostId, options);
    hosts.push(host);
    return host;
  };
  const leaders = (): readonly string[] => hosts.filter(({ isLeading }) => isLeading).map(({ hostId }) => hostId);

  beforeEach(async () => {
    server = await RedisServer.start();
  });
  afterEach(async () => {
    await Promise.all(hosts.map((host) => host.close()));
    hosts.length = 0;
    await server[Symbol.asyncDispose]();
  });

  it('exactly one of five hosts becomes the leader of a map, and the lease contains the id of the leader', async () => {
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((id) => join(id)));
    await eventually('somebody leads', () => leaders().length > 0);
    await eventually('all heard of it', () => hosts.every((host) => host.count('map-heard') === 1));
    expect(leaders()).toHaveLength(1);
    expect(await server.do('GET', mapKeys.lease)).toBe(`${leaders()[0]}:1`);
    expect(await server.do('GET', mapKeys.fence)).toBe('1');
  });

  it('a leader that vanishes is replaced within 2.5 s, and the new lease has the next number', async () => {
    const first = await join('first');
    await first.leads();
    const others = [await join('second'), await join('third')];
    await eventually('they hear it', () => others.every((host) => host.count('map-heard') > 0));
    first.vanish();
    await eventually('another leads', () => others.some(({ isLeading }) => isLeading), 2_500);
    expect(await server.do('GET', mapKeys.fence)).toBe('2');
    // The vanished leader notices that it was replaced, since it cannot renew its lease.
    await eventually('the first follows', () => !first.isLeading);
  });

  it('a leader that closes is replaced immediately', async () => {
    const first = await join('first');
    await first.leads();
    const second = await join('second');
    await eventually('it hears the first', () => second.count('map-heard') > 0);
    await first.close();
    await second.leads(1_000);
  });

  it('a leader that steps down leaves the lease to another host for a while', async () => {
    const first = await join('first');
    await first.leads();
    const second = await join('second');
    await eventually('it hears the first', () => second.count('map-heard') > 0);
    answerOf(await first.api.stepDown(MAP_NAME));
    expect(first.isLeading).toBe(false);
    await second.leads(1_000);
    expect(leaders()).toEqual(['second']);
  });

  it('a host with the role "reader" never leads, and reports after six seconds without a leader that it is alone', async () => {
    const reader = await join('reader', { role: 'reader' });
    await eventually('it is alone', () => reader.count('map-alone') === 1, 8_000);
    expect(await server.do('EXISTS', mapKeys.lease)).toBe(0);
    await join('host');
    await eventually('it hears somebody', () => reader.count('map-heard') === 1);
    expect(reader.isLeading).toBe(false);
  });

  it('a host that cannot reach Redis at its start reports immediately that it is alone', async () => {
    await server.kill();
    const host = await join('a');
    await eventually('it is alone', () => host.count('map-alone') === 1, 3_000);
    await server.restart();
    await host.leads(10_000);
    expect(host.events.map(({ kind }) => kind)).toEqual(['map-alone', 'map-heard', 'map-leading']);
  });

  it('a leader can no longer publish after another host took its lease', async () => {
    const first = await join('first');
    await first.leads();
    await server.do('SET', mapKeys.lease, 'another:7', 'PX', 1_500);
    expect(await first.publish(mapOf(1_000))).toBe('fenced');
    expect(first.isLeading).toBe(false);
    expect(await server.do('EXISTS', mapKeys.head)).toBe(0);
    expect(answerOf(await first.api.confirmMap(MAP_NAME, mapOf(1_000).sha256))).toBe('fenced');
  });

  it('a leader replaces an invalid lease: a list, a string without an expiry, an expiry far in the future', async () => {
    await server.do('RPUSH', mapKeys.lease, 'garbage');
    await server.do('SET', mapKeys.fence, 'no number');
    const host = await join('a');
    await host.leads();
    expect(await server.do('GET', mapKeys.lease)).toBe('a:1');
    for (const end of [[], ['PX', 3_600_000]]) {
      await server.do('SET', mapKeys.lease, 'x'.repeat(10_000), ...end);
      await eventually('it notices', () => !host.isLeading);
      await host.leads(4_000);
    }
  });
});
