import { randomBytes } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FleetSealer } from '../../../src/shared/fleet/fleet-sealer.ts';
import { writeMapHead } from '../../../src/shared/fleet/map-head.ts';
import type { FleetEvent } from '../../../src/shared/protocol/fleet/fleet-messages.ts';
import { eventually } from '../../helpers/eventually.ts';
import { FLEET_ID, FLEET_SECRET, MAP_NAME, MapHost, mapKeys, mapOf } from '../../helpers/fleet/map-host.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';

const fleet = new FleetSealer(FLEET_ID, [FLEET_SECRET]);
const stranger = new FleetSealer(FLEET_ID, ['a secret that no host of this fleet has ever had']);
const OLDER = mapOf(1_000, 'an older map, which the source did sign');
const MAP = mapOf(2_000, 'the map in force '.repeat(400));
const FUTURE = mapOf(8_000_000_000_000, 'a map of the future');

const headOf = ({ sha256, generatedAtMs, expiresAtMs }: typeof MAP, changes: object = {}) => ({
  ...{ sha256, generatedAtMs, expiresAtMs, etag: null, confirms: 1, by: 'evil', fence: 9, ...changes },
});
const bomb = Buffer.concat([Buffer.alloc(2), zstdCompressSync(Buffer.alloc(64 * 1024 * 1024))]);

type Poison = (server: RedisServer) => Promise<unknown>;
const set =
  (key: string, value: string | Buffer, ...rest: (string | number)[]): Poison =>
  async (server) => {
    const client = server.client();
    await client.connect();
    await client.call('SET', key, value, ...rest).finally(() => client.disconnect());
  };
const list =
  (key: string): Poison =>
  async (server) => {
    await server.do('DEL', key);
    await server.do('RPUSH', key, 'a', 'list');
  };
const say =
  (message: string): Poison =>
  (server) =>
    server.do('PUBLISH', mapKeys.news, message);

const heads: readonly string[] = [
  JSON.stringify(headOf(FUTURE)),
  JSON.stringify({ ...headOf(MAP), confirms: 1e308 }),
  writeMapHead(headOf(FUTURE), MAP_NAME, stranger),
  writeMapHead(headOf(FUTURE), 'another-map', fleet),
  // An attacker with the secret, or with a recorded head.
  writeMapHead(headOf(FUTURE), MAP_NAME, fleet),
  writeMapHead(headOf(OLDER), MAP_NAME, fleet),
  writeMapHead(headOf(MAP, { confirms: 1e9 }), MAP_NAME, fleet),
  writeMapHead(headOf(MAP, { generatedAtMs: 1e300, fence: -1 }), MAP_NAME, fleet),
  `${'['.repeat(900)}`,
  'null',
  '',
];
const bodyKey = mapKeys.body(MAP.sha256);
const boxes: readonly Buffer[] = [
  stranger.seal('map', bodyKey, Buffer.concat([Buffer.alloc(2), zstdCompressSync(MAP.bytes)])),
  fleet.seal('map', mapKeys.body(OLDER.sha256), Buffer.concat([Buffer.alloc(2), zstdCompressSync(OLDER.bytes)])),
  // Boxes written by an insider: they open, but their content does not match their name.
  fleet.seal('map', bodyKey, Buffer.concat([Buffer.alloc(2), zstdCompressSync(OLDER.bytes)])),
  fleet.seal('map', bodyKey, bomb),
  fleet.seal('map', bodyKey, Buffer.from([255, 255, 1])),
  fleet.seal('map', bodyKey, Buffer.alloc(1)),
  Buffer.alloc(3 * 1024 * 1024, 7),
];

const poison: fc.Arbitrary<Poison> = fc.oneof(
  fc.constantFrom(...heads).map((text) => set(mapKeys.head, text)),
  fc.constantFrom(...heads, 'FREE', 'BEAT', 'x'.repeat(1_000_000)).map(say),
  fc.string({ unit: 'binary' }).map(say),
  fc.uint8Array({ minLength: 1, maxLength: 3_000 }).map((bytes) => set(mapKeys.head, Buffer.from(bytes))),
  fc.constantFrom(...boxes).map((box) => set(bodyKey, box)),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => set(bodyKey, Buffer.from(bytes))),
  // Boxes with the right name and the right length that hold garbage or a truncated body.
  fc.boolean().map(
    (isCut): Poison =>
      async (server) => {
        const length = Number(await server.do('STRLEN', bodyKey).catch(() => 0));
        await set(bodyKey, randomBytes(isCut ? length >> 1 : length))(server);
      },
  ),
  fc.constantFrom(mapKeys.head, mapKeys.lease, mapKeys.fence, bodyKey).map(list),
  fc.constantFrom(mapKeys.head, mapKeys.lease, mapKeys.fence, bodyKey).map(
    (key): Poison =>
      (server) =>
        server.do('DEL', key),
  ),
  fc.constantFrom('', 'leader:999', 'x'.repeat(100_000)).map((text) => set(mapKeys.lease, text)),
  fc.constant(set(mapKeys.lease, 'evil:1', 'PX', 1_400)),
  fc.constantFrom('9223372036854775807', '-5', '9007199254740991', 'x').map((text) => set(mapKeys.fence, text)),
);

describe.skipIf(!hasRedis)('a map in Redis that an attacker changes', () => {
  let server: RedisServer;
  const hosts: MapHost[] = [];

  beforeAll(async () => {
    server = await RedisServer.start();
    for (const hostId of ['first', 'second']) hosts.push(await MapHost.follow(server.port, hostId));
    await eventually('one leads', () => hosts.some(({ isLeading }) => isLeading));
    const leader = hosts.find(({ isLeading }) => isLeading);
    expect(await leader?.publish(MAP)).toBe('done');
    for (const host of hosts) {
      await host.read(MAP);
      await host.hold(MAP);
    }
  });
  afterAll(async () => {
    await Promise.all(hosts.map((host) => host.close()));
    await server[Symbol.asyncDispose]();
  });

  it('a map that an attacker changes in Redis is never accepted, and is written again by the leader', {
    timeout: 240_000,
  }, async () => {
    const reader = await MapHost.follow(server.port, 'reader', { role: 'reader' });
    hosts.push(reader);
    await eventually('the reader is connected', () => reader.redis.isConnected);
    const endsAt = performance.now() + 15_000;
    const property = fc.asyncProperty(fc.array(poison, { minLength: 1, maxLength: 4 }), async (poisons) => {
      if (performance.now() > endsAt) return;
      for (const apply of poisons) await apply(server);
      for (const map of [MAP, OLDER, FUTURE]) {
        const bytes = await reader.read(map);
        if (bytes !== null) expect(bytes).toEqual(map.bytes);
      }
      // A reader without any cached map, so that it sees what Redis holds.
      await using witness = new MapHost(server.port, 'witness', { role: 'reader' });
      await eventually(
        'the map is back',
        async () => {
          const head = await witness.api.readHead(MAP_NAME);
          if (!head.ok || head.value?.sha256 !== MAP.sha256 || head.value.by === 'evil') return false;
          return (await witness.read(MAP)) !== null;
        },
        20_000,
      );
      await eventually('one leads', () => hosts.filter(({ isLeading }) => isLeading).length === 1);
    });
    await fc.assert(property, { numRuns: 60, endOnFailure: true });
    // All news that reached the main thread was written with a secret of the fleet.
    expect(reader.events.some(({ kind }) => kind === 'refused')).toBe(true);
    const told = reader.events.filter((event) => event.kind === 'map-news').map(({ head }) => head.sha256);
    expect([MAP.sha256, FUTURE.sha256, OLDER.sha256]).toEqual(expect.arrayContaining(told));
  });

  it('forged announcements of maps in Redis do not flood the main thread, however often they are sent', async () => {
    const victim = await MapHost.follow(server.port, 'victim', { role: 'reader' });
    hosts.push(victim);
    await eventually('it heard of the map', () => victim.news === MAP.sha256);
    await victim.hold(MAP);
    const before = victim.events.length;
    const startedAtMs = performance.now();
    const client = server.client();
    await client.connect();
    for (let round = 0; round < 500; round += 1) {
      const fresh = headOf(mapOf(FUTURE.generatedAtMs + round));
      const texts = ['garbage', writeMapHead(fresh, MAP_NAME, stranger), writeMapHead(fresh, MAP_NAME, fleet), 'FREE'];
      await Promise.all(texts.map((text) => client.publish(mapKeys.news, text)));
    }
    // In between, the leader's own news becomes the latest again, until the next foreign head arrives.
    const last = mapOf(FUTURE.generatedAtMs + 499);
    await eventually('it heard the last', async () => {
      await client.publish(mapKeys.news, writeMapHead(headOf(last), MAP_NAME, fleet));
      return victim.events.some((event) => event.kind === 'map-news' && event.head.sha256 === last.sha256);
    });
    client.disconnect();
    const passedMs = performance.now() - startedAtMs;
    const told = victim.events.slice(before);
    const count = (kind: FleetEvent['kind']): number => told.filter((event) => event.kind === kind).length;
    // At most four news a second and one rejection a second, however long the machine takes for all this.
    expect(count('map-news')).toBeLessThanOrEqual(passedMs / 250 + 2);
    expect(count('refused')).toBeLessThanOrEqual(passedMs / 1_000 + 2);
    expect(told.length - count('map-news') - count('refused')).toBeLessThanOrEqual(passedMs / 1_000 + 10);
  });
});
