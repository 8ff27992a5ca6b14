import { describe, expect, it } from 'vitest';
import { answer, FaultyServer } from '../helpers/faulty-server.ts';
import { counterOf, mapUnderTest, off } from '../helpers/map-under-test.ts';
import { type Json, mapOf, NOW, signed } from '../helpers/signed-map.ts';
import { TempDir } from '../helpers/temp-dir.ts';

const dated = (atMs: number, connectors: readonly Json[] = [off('a')], ttlSeconds = 3_600): Uint8Array =>
  signed(mapOf(connectors, { generatedAt: new Date(atMs).toISOString(), ttlSeconds }));

describe('an older map with a valid signature', () => {
  it('fault 35: an older map with a valid signature is rejected, even after a restart', async () => {
    using dir = new TempDir();
    await using server = await FaultyServer.start(answer(dated(NOW)));
    const options = { stateDir: dir.path, now: () => NOW + 10_000 };
    {
      await using held = mapUnderTest(server.url, options);
      await held.manager.sync();
      server.behave(answer(dated(NOW - 1_000, [off('old')])));
      await held.manager.sync(true);
      expect(held.complaints()).toEqual(['map-refresh-failed MAP_ROLLED_BACK']);
      expect(held.manager.listConnectors().map(({ id }) => id)).toEqual(['a']);
    }
    await using after = mapUnderTest(server.url, options);
    await after.manager.sync();
    expect(after.complaints()).toEqual(['map-refresh-failed MAP_ROLLED_BACK']);
    expect(after.manager.status().serviceMap.generatedAt).toBe(NOW);
    expect(after.manager.listConnectors().map(({ id }) => id)).toEqual(['a']);
  });

  it('fault 35: an older map with a valid signature is rejected even if it is only a millisecond older', async () => {
    await using server = await FaultyServer.start(answer(dated(NOW)));
    await using held = mapUnderTest(server.url, { now: () => NOW });
    await held.manager.sync();
    server.behave(answer(dated(NOW - 1)));
    await held.manager.sync(true);
    expect(held.manager.status().serviceMap).toMatchObject({ revision: 1, lastError: { code: 'MAP_ROLLED_BACK' } });
  });
});

describe('two maps with the same generatedAt', () => {
  it('fault 36: two different maps with the same generatedAt raise an alarm, and the later map is used', async () => {
    await using server = await FaultyServer.start(answer(dated(NOW)));
    await using held = mapUnderTest(server.url, { now: () => NOW });
    await held.manager.sync();
    const before = await counterOf('mcp_service_map_alarms_total', { code: 'MAP_EQUIVOCATED' });
    server.behave(answer(dated(NOW, [off('b')])));
    await held.manager.sync(true);
    expect(held.complaints()).toEqual(['map-equivocated MAP_EQUIVOCATED']);
    expect(await counterOf('mcp_service_map_alarms_total', { code: 'MAP_EQUIVOCATED' })).toBe(before + 1);
    expect(held.manager.listConnectors().map(({ id }) => id)).toEqual(['b']);
    await held.manager.sync(true);
    expect(held.complaints()).toHaveLength(1);
  });

  it('fault 36: two different maps with the same generatedAt raise an alarm even across a restart of the host', async () => {
    using dir = new TempDir();
    await using server = await FaultyServer.start(answer(dated(NOW)));
    const options = { stateDir: dir.path, now: () => NOW };
    {
      await using held = mapUnderTest(server.url, options);
      await held.manager.sync();
    }
    server.behave(answer(dated(NOW, [off('b')])));
    await using after = mapUnderTest(server.url, options);
    await after.manager.sync();
    expect(after.complaints()).toEqual(['map-equivocated MAP_EQUIVOCATED']);
    expect(after.manager.listConnectors().map(({ id }) => id)).toEqual(['b']);
  });

  // Two replicas of a map server may format the same signed map differently. Other content would need another
  // signature.
  it('fault 36: the same signed map with other white space raises no alarm', async () => {
    const map = dated(NOW);
    await using server = await FaultyServer.start(answer(map));
    await using held = mapUnderTest(server.url, { now: () => NOW });
    await held.manager.sync();
    server.behave(answer(JSON.stringify(JSON.parse(new TextDecoder().decode(map)), null, 2)));
    await held.manager.sync(true);
    expect([server.requests.length, held.complaints()]).toEqual([2, []]);
    expect(held.manager.status().serviceMap.lastError).toBeNull();
  });
});

describe('a map from the future', () => {
  it('fault 38: a map is accepted if its date is five seconds in the future', async () => {
    await using server = await FaultyServer.start(answer(dated(NOW + 5_000)));
    await using held = mapUnderTest(server.url, { now: () => NOW });
    await held.manager.sync();
    expect(held.manager.status().serviceMap.freshness).toBe('fresh');
  });

  it('fault 38: a map that is dated ten years ahead is rejected, and later maps with a correct date are accepted', async () => {
    using dir = new TempDir();
    await using server = await FaultyServer.start(answer(dated(NOW + 10 * 365 * 86_400_000)));
    const options = { stateDir: dir.path, now: () => NOW };
    {
      await using held = mapUnderTest(server.url, options);
      await expect(held.manager.sync()).rejects.toMatchObject({ code: 'MAP_FROM_FUTURE' });
      server.behave(answer(dated(NOW)));
      await held.manager.sync();
      expect(held.manager.listConnectors()).toHaveLength(1);
    }
    await using after = mapUnderTest(server.url, options);
    await after.manager.sync(true);
    expect(after.manager.status().serviceMap.lastError).toBeNull();
  });

  it('fault 38: a map from the future is accepted at exactly `maxClockSkewMs`, and rejected a millisecond beyond', async () => {
    await using server = await FaultyServer.start(answer(dated(NOW + 60_001)));
    await using held = mapUnderTest(server.url, { now: () => NOW, maxClockSkewMs: 60_000 });
    await expect(held.manager.sync()).rejects.toMatchObject({ code: 'MAP_FROM_FUTURE' });
    server.behave(answer(dated(NOW + 60_000)));
    await held.manager.sync();
    expect(held.manager.status().serviceMap.generatedAt).toBe(NOW + 60_000);
  });
});

describe('an expired map', () => {
  it('fault 37: a map that has already expired is rejected, and the last good map is used as stale', async () => {
    let now = NOW;
    await using server = await FaultyServer.start(answer(dated(NOW, [off('a')], 60)));
    await using held = mapUnderTest(server.url, { now: () => now });
    await held.manager.sync();
    now = NOW + 61_000;
    await held.manager.sync();
    expect(held.manager.status().serviceMap).toMatchObject({ freshness: 'stale', lastError: { code: 'MAP_EXPIRED' } });
    expect(held.manager.listConnectors()).toHaveLength(1);
  });
});

describe('a clock that jumps while a map is loaded', () => {
  it.each([
    ['never', -3_600_000],
    ['never', 3_600_000],
    ['always', -3_600_000],
    ['always', 3_600_000],
  ] as const)(
    'fault 41: a clock jump while a map is loaded does not change the result (offload: "%s", jump: %d ms)',
    async (offload, stepMs) => {
      let now = NOW;
      await using server = await FaultyServer.start((socket, request) => {
        // The clock jumps once the request has been sent.
        now += stepMs;
        answer(dated(NOW, [off('a')], 60))(socket, request);
      });
      await using held = mapUnderTest(server.url, { offload, now: () => now });
      await held.manager.sync();
      expect([held.manager.listConnectors().length, held.complaints()]).toEqual([1, []]);
    },
  );
});
