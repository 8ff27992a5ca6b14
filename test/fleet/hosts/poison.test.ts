import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fleetKeys, fleetMapName } from '../../../src/shared/fleet/fleet-keys.ts';
import { FleetSealer } from '../../../src/shared/fleet/fleet-sealer.ts';
import { boxBody } from '../../../src/shared/fleet/map-box.ts';
import { type MapHead, writeMapHead } from '../../../src/shared/fleet/map-head.ts';
import { eventually } from '../../helpers/eventually.ts';
import { FleetSource } from '../../helpers/fleet/fleet-source.ts';
import {
  allHave,
  FLEET_ID,
  FLEET_SECRET,
  type HostGroup,
  hostsHere,
  leaderOf,
} from '../../helpers/fleet/fleet-world.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';
import { sha256Of } from '../../helpers/fleet/scripted-fleet.ts';

const sealer = new FleetSealer(FLEET_ID, [FLEET_SECRET]);

/** An attacker who can write to Redis, with and without the fleet's secret, but without the key of the maps. */
describe.skipIf(!hasRedis)('a fleet whose Redis server is written to by an attacker', () => {
  let redis: RedisServer;
  let source: FleetSource;
  let hosts: HostGroup;
  let name: string;

  beforeAll(async () => {
    redis = await RedisServer.start();
    source = await FleetSource.start(['a']);
    hosts = hostsHere('host', { url: source.url, redis: redis.url, count: 3, intervalMs: 60_000 });
    await hosts.started;
    name = fleetMapName(FLEET_ID, source.url);
  });

  afterAll(async () => {
    await hosts[Symbol.asyncDispose]();
    await source[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    await leaderOf(hosts.views);
    await allHave(hosts.views, source.publish(['a', `b${Date.now()}`]).generatedAtMs);
  });

  const keys = () => fleetKeys(FLEET_ID).map(name);
  const headOf = (bytes: Uint8Array, overrides: Partial<MapHead> = {}): MapHead => ({
    ...{ sha256: sha256Of(bytes), generatedAtMs: Date.now() + 3_600_000, expiresAtMs: Date.now() + 7_200_000 },
    ...{ etag: null, confirms: 3, by: 'attacker', fence: 9 },
    ...overrides,
  });
  /** Writes a head, and announces it to all hosts. */
  const tell = async (text: string): Promise<void> => {
    await redis.do('SET', keys().head, text);
    await redis.do('PUBLISH', keys().news, text);
  };

  const putBody = async (bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
    const key = keys().body(sha256Of(bytes));
    const client = redis.client();
    await client.connect();
    await client.set(key, await boxBody(sealer, key, { bytes, etag: null }));
    client.disconnect();
  };

  const poisons: readonly (readonly [string, () => Promise<void>])[] = [
    ['garbage as head', () => tell('{"sha256":"garbage')],
    [
      'a head that no member of the fleet wrote',
      () => tell(JSON.stringify({ ...headOf(source.current.bytes), proof: 'x' })),
    ],
    ['a head of the future without a body', () => tell(writeMapHead(headOf(Buffer.from('none')), name, sealer))],
    ['a list in place of the head', async () => void (await redis.do('EVAL', LIST, 1, keys().head))],
    [
      'garbage as the body of a valid head',
      async () => {
        await redis.do('SET', keys().body(sha256Of(source.current.bytes)), 'garbage');
        await tell(writeMapHead(headOf(source.current.bytes, { by: 'x', generatedAtMs: Date.now() }), name, sealer));
      },
    ],
    ['a lease that never ends', async () => void (await redis.do('SET', keys().lease, 'attacker:1'))],
    ['a fence that is far too high', async () => void (await redis.do('SET', keys().fence, '9007199254740993'))],
    ['an empty database', async () => void (await redis.do('FLUSHALL'))],
  ];

  it.each(poisons)(
    'a fleet keeps its map after an attack on Redis (%s), and asks the source at most about once a second',
    async (_, poison) => {
      const before = hosts.views.map(({ generatedAtMs }) => generatedAtMs);
      const from = Date.now();
      await poison();
      await sleep(1_500);
      expect(hosts.views.map(({ generatedAtMs }) => generatedAtMs)).toEqual(before);
      const { generatedAtMs } = source.publish(['a', 'c']);
      await allHave(hosts.views, generatedAtMs);
      expect(source.since(from).length).toBeLessThanOrEqual(Math.ceil(((Date.now() - from) / 1_000) * 1.2) + 1);
      await eventually('the head is that of the leader', async () => {
        const text = await redis.do('GET', keys().head).catch(() => '');
        return String(text).includes(`"generatedAtMs":${generatedAtMs}`);
      });
    },
  );

  it.each([
    [
      'signed with the key of an attacker',
      () => source.sign(['evil'], Date.now() + 1, 'the key of an attacker, long enough'),
    ],
    ['older than the current one', () => source.sign(['evil'], source.current.generatedAtMs - 60_000)],
    ['from the future', () => source.sign(['evil'], Date.now() + 3_600_000)],
  ])('a fleet rejects a map that is %s, even if somebody with the secret of the fleet sealed it', async (_, sign) => {
    const bytes = sign();
    const refusals = (): number => hosts.views.flatMap((view) => view.logged('fleet-map-refused')).length;
    const before = refusals();
    await putBody(bytes);
    await tell(writeMapHead(headOf(bytes), name, sealer));
    await eventually('somebody refuses it', () => refusals() > before);
    const { generatedAtMs } = source.publish(['a', 'd']);
    await allHave(hosts.views, generatedAtMs);
    expect(hosts.views.flatMap(({ ids }) => ids)).not.toContain('evil');
    expect(hosts.views.flatMap((view) => view.logged('map-refresh-failed'))).toEqual([]);
  });
});

const LIST = "redis.call('del', KEYS[1]) redis.call('rpush', KEYS[1], 'x')";
