import { describe, expect, it } from 'vitest';
import { RefreshScheduler } from '../../src/main/index.ts';
import { silentLogger } from '../../src/main/logger.ts';
import { answer, FaultyServer } from '../helpers/faulty-server.ts';
import { counterOf, mapUnderTest, off } from '../helpers/map-under-test.ts';
import { type Json, mapOf, NOW, signed } from '../helpers/signed-map.ts';
import { TempDir } from '../helpers/temp-dir.ts';

const dated = (atMs: number, connectors: readonly Json[] = [off('a')], ttlSeconds = 3_600): Uint8Array =>
  signed(mapOf(connectors, { generatedAt: new Date(atMs).toISOString(), ttlSeconds }));

describe('35 an older map, correctly signed', () => {
  it('is refused, after a restart too', async () => {
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
    expect(after.manager.listConnectors().map(({ id }) => id)).toEqual(['a']);
  });
});

describe('36 two maps of one instant', () => {
  it('are an alarm, and the later one counts', async () => {
    await using server = await FaultyServer.start(answer(dated(NOW)));
    await using held = mapUnderTest(server.url, { now: () => NOW });
    await held.manager.sync();
    const before = await counterOf('mcp_service_map_alarms_total', { code: 'MAP_EQUIVOCATED' });
    server.behave(answer(dated(NOW, [off('b')])));
    await held.manager.sync(true);
    expect(held.complaints()).toEqual(['map-equivocated MAP_EQUIVOCATED']);
    expect(await counterOf('mcp_service_map_alarms_total', { code: 'MAP_EQUIVOCATED' })).toBe(before + 1);
    expect(held.manager.listConnectors().map(({ id }) => id)).toEqual(['b']);
  });
});

describe('38 a map from the future', () => {
  it('is accepted where the clocks differ by seconds', async () => {
    await using server = await FaultyServer.start(answer(dated(NOW + 5_000)));
    await using held = mapUnderTest(server.url, { now: () => NOW });
    await held.manager.sync();
    expect(held.manager.status().serviceMap.freshness).toBe('fresh');
  });

  it('is refused where it is ten years ahead, and leaves no floor behind', async () => {
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
});

describe('18 a map that is over', () => {
  it('is refused as new, and the last good one is served as stale', async () => {
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

describe('41 a clock that is set while a map is being judged', () => {
  it.each([-3_600_000, 3_600_000])('by %d ms changes nothing of that judgement', async (stepMs) => {
    let now = NOW;
    await using server = await FaultyServer.start((socket, request) => {
      // The request is on its way: from here on the clock says something else.
      now += stepMs;
      answer(dated(NOW, [off('a')], 60))(socket, request);
    });
    await using held = mapUnderTest(server.url, { now: () => now });
    await held.manager.sync();
    expect([held.manager.listConnectors().length, held.complaints()]).toEqual([1, []]);
  });
});

describe('27 a thousand hosts that start together', () => {
  /** The park-miller generator, so that a failure can be repeated. */
  const seeded = (seed: number) => {
    let state = seed;
    return {
      next: (): number => {
        state = (state * 48_271) % 2_147_483_647;
        return state / 2_147_483_647;
      },
    };
  };

  it('ask at times spread over the whole of the jitter', () => {
    const random = seeded(27);
    const delays: number[] = [];
    for (let host = 0; host < 1_000; host += 1) {
      const startTimer = (ms: number) => {
        delays.push(ms);
        return { cancel: () => {} };
      };
      new RefreshScheduler({
        intervalMs: 300_000,
        onRefresh: () => {},
        logger: silentLogger,
        random,
        startTimer,
      }).start();
    }
    const histogram = new Array<number>(12).fill(0);
    for (const delayMs of delays) {
      const slot = Math.floor((delayMs - 240_000) / 10_000);
      histogram[slot] = (histogram[slot] ?? 0) + 1;
    }
    expect([Math.min(...delays) >= 240_000, Math.max(...delays) <= 360_000]).toEqual([true, true]);
    // A tenth each would be 83; without jitter one slot would hold them all.
    expect(histogram.every((count) => count > 50 && count < 125)).toBe(true);
  });

  it('and callers within one of them share one request', async () => {
    await using server = await FaultyServer.start(answer(dated(NOW)));
    await using held = mapUnderTest(server.url, { now: () => NOW });
    await Promise.all(Array.from({ length: 50 }, () => held.manager.sync(true)));
    expect(server.requests).toHaveLength(1);
  });
});
