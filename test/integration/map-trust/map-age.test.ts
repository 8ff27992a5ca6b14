import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { secret } from '../../helpers/evidence.ts';
import { counterOf } from '../../helpers/map-under-test.ts';
import { TestMcpServer } from '../../helpers/mcp-server.ts';
import { entry, mapOf, NOW, signed, signedWith } from '../../helpers/signed-map.ts';
import { jwksOf, newKey } from '../../helpers/signing-keys.ts';
import { idsOf, mapAt, trustWorld } from '../../helpers/trusting-manager.ts';

const HMAC = secret('the HMAC key');
const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;
const DAY_STALE = { signatureKey: HMAC, maxStaleMs: 24 * HOUR };

describe('the map of a source that cannot be reached', () => {
  it('the map of an unreachable source is served as stale, and is dropped after `maxStaleMs` with a log line before that', async () => {
    await using world = await trustWorld();
    world.server.serve(signed(mapAt(0), HMAC));
    const alarms = () => counterOf('mcp_service_map_alarms_total', { code: 'MAP_TOO_STALE' });
    const before = await alarms();
    await world.during(DAY_STALE, async (manager) => {
      const events = () => manager.lines.map(({ fields }) => fields.event);
      world.server.fail();
      world.clock.at = NOW + 13 * HOUR;
      await manager.refresh();
      expect(manager.status().serviceMap).toMatchObject({
        freshness: 'stale',
        connectorCount: 1,
        staleSince: NOW + HOUR,
        ageMs: 13 * HOUR,
        dropped: null,
      });
      expect(events()).not.toContain('map-aging');
      world.clock.at = NOW + 13 * HOUR + 1;
      await manager.refresh();
      world.clock.at = NOW + 25 * HOUR;
      await manager.refresh();
      expect([idsOf(manager), events().filter((event) => event === 'map-aging').length]).toEqual([['a'], 1]);
      const removed: unknown[] = [];
      manager.on('snapshot', (change) => removed.push(change.removed));
      world.clock.at += 1;
      await manager.refresh();
      expect([idsOf(manager), removed]).toEqual([[], [['a']]]);
      expect(manager.status().serviceMap).toMatchObject({
        freshness: 'none',
        id: null,
        generatedAt: null,
        ageMs: null,
        signedBy: null,
        dropped: { code: 'MAP_TOO_STALE', at: NOW + 25 * HOUR + 1 },
      });
      expect(events().filter((event) => event === 'map-too-stale')).toHaveLength(1);
      await expect(manager.sync()).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
    });
    expect((await alarms()) - before).toBe(1);
  });

  it('the stored map of an unreachable source is not served after a restart if it is older than `maxStaleMs` allows', async () => {
    await using world = await trustWorld();
    world.server.serve(signed(mapAt(0), HMAC));
    await world.during(DAY_STALE, () => {});
    world.server.fail();
    world.clock.at = NOW + 25 * HOUR - 1;
    await world.during(DAY_STALE, (manager) => {
      expect([manager.status().serviceMap.freshness, idsOf(manager)]).toEqual(['stale', ['a']]);
    });
    world.clock.at = NOW + 25 * HOUR + 1;
    await world.during(DAY_STALE, (manager) => {
      expect([manager.status().serviceMap.freshness, idsOf(manager)]).toEqual(['none', []]);
      expect(manager.status().serviceMap.dropped).toMatchObject({ code: 'MAP_TOO_STALE' });
    });
    // The current value of the option is decisive. Without a limit, a stored map is served again.
    await world.during({ signatureKey: HMAC }, (manager) => expect(idsOf(manager)).toEqual(['a']));
  });

  it('a map that was dropped because it was too old is replaced by a fresh map, but never by an older map', async () => {
    await using world = await trustWorld();
    world.server.serve(signed(mapAt(10), HMAC));
    world.clock.at = NOW + 60_000;
    await world.during(DAY_STALE, async (manager) => {
      world.server.fail();
      world.clock.at = NOW + 26 * HOUR;
      await manager.refresh();
      expect(idsOf(manager)).toEqual([]);
      const longLived = { ttlSeconds: 48 * 3_600 };
      world.server.serve(signed(mapAt(9, ['older'], longLived), HMAC));
      expect([await manager.refresh(), idsOf(manager)]).toEqual(['MAP_ROLLED_BACK', []]);
      world.server.serve(signed(mapAt(10, ['b'], longLived), HMAC));
      expect([await manager.refresh(), idsOf(manager)]).toEqual([null, ['b']]);
      expect(manager.status().serviceMap).toMatchObject({ freshness: 'fresh', dropped: null });
    });
  });

  it('a timer drops the map of an unreachable source, and its connectors end as if they were removed', async () => {
    await using world = await trustWorld();
    const { promise: isCalled, resolve: noteCall } = Promise.withResolvers<void>();
    await using connector = await TestMcpServer.start(
      (server) =>
        void server.registerTool('slow', {}, () => {
          noteCall();
          return new Promise<never>(() => {});
        }),
    );
    const connectors = [entry('a', { endpoint: connector.url })];
    world.server.serve(signed(mapOf(connectors, { ttlSeconds: 1 }), HMAC));
    // The timer fires repeatedly until the clock reaches the limit.
    await world.during({ signatureKey: HMAC, maxStaleMs: 20 }, async (manager) => {
      const call = manager.callTool('a.slow');
      call.catch(() => {});
      await isCalled;
      world.server.fail();
      const gone = Promise.withResolvers<void>();
      manager.on('snapshot', () => gone.resolve());
      world.clock.at += 1_021;
      await gone.promise;
      expect([idsOf(manager), manager.listTools()]).toEqual([[], []]);
      await expect(manager.callTool('a.slow')).rejects.toMatchObject({ code: 'TOOL_UNKNOWN' });
      await expect(call).rejects.toMatchObject({ code: 'CONNECTOR_GONE' });
      await eventually('the connector is gone', () => manager.status().connectors.length === 0);
    });
  });

  it('the map of an unreachable source is never dropped if `maxStaleMs` is null', async () => {
    await using world = await trustWorld();
    world.server.serve(signed(mapAt(0), HMAC));
    await world.during({ signatureKey: HMAC, maxStaleMs: null }, async (manager) => {
      world.server.fail();
      world.clock.at = NOW + 10 * YEAR;
      await manager.refresh();
      expect([idsOf(manager), manager.status().serviceMap.dropped]).toEqual([['a'], null]);
    });
  });

  it('if the key of a map expires before the map, the time of `maxStaleMs` begins when the key expires', async () => {
    await using world = await trustWorld();
    const key = newKey('short-lived', 'ES256', { exp: (NOW + HOUR / 2) / 1_000 });
    world.server.serve(signedWith(mapAt(0), [key]));
    await world.during({ signatureKeys: jwksOf(key), maxStaleMs: HOUR }, async (manager) => {
      world.server.fail();
      world.clock.at = NOW + 1.5 * HOUR;
      await manager.refresh();
      expect([idsOf(manager), manager.status().serviceMap.staleSince]).toEqual([['a'], NOW + HOUR / 2]);
      world.clock.at += 1;
      expect([manager.status().serviceMap.dropped?.code, idsOf(manager)]).toEqual(['MAP_TOO_STALE', []]);
    });
  });
});

describe('a wall clock that jumps', () => {
  it('a clock jump of a year makes a host drop its map, and the host accepts the map again after a jump back', async () => {
    await using world = await trustWorld();
    world.server.serve(signed(mapAt(10), HMAC));
    world.clock.at = NOW + 60_000;
    await world.during(DAY_STALE, async (manager) => {
      world.clock.at += YEAR;
      expect([await manager.refresh(), idsOf(manager)]).toEqual(['MAP_EXPIRED', []]);
      world.clock.at -= YEAR;
      world.server.serve(signed(mapAt(9, ['older']), HMAC));
      expect([await manager.refresh(), idsOf(manager)]).toEqual(['MAP_ROLLED_BACK', []]);
      world.server.serve(signed(mapAt(10), HMAC));
      expect([await manager.refresh(), idsOf(manager)]).toEqual([null, ['a']]);
    });
  });

  it('if a host dropped its map because the clock jumped during a load, it treats the loaded map like a first map', async () => {
    await using world = await trustWorld();
    const body = signed(mapAt(0, ['a', 'b']), HMAC);
    world.server.serve(body);
    await world.during(DAY_STALE, async (manager) => {
      let isFirst = true;
      world.server.answer((_, response) => {
        if (isFirst) {
          world.clock.at += YEAR;
          expect(manager.status().serviceMap.dropped).not.toBeNull();
          world.clock.at -= YEAR;
        }
        isFirst = false;
        response.writeHead(200).end(body);
      });
      expect([await manager.refresh(), idsOf(manager)]).toEqual([null, ['a', 'b']]);
    });
  });
});
