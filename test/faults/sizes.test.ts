import { describe, expect, it } from 'vitest';
import { answer, FAULTS, FaultyServer } from '../helpers/faulty-server.ts';
import { mapNow, mapUnderTest, off } from '../helpers/map-under-test.ts';
import { survives } from './last-good.ts';

const many = (count: number): Uint8Array<ArrayBuffer> =>
  mapNow(Array.from({ length: count }, (_, index) => off(`connector-${index}`)));

describe('with the default limits', () => {
  it.each([
    ['an endless body', 'endless-body'],
    ['a gzip body that decompresses to 50 MB', 'gzip-bomb'],
  ] as const)(
    'fault 43: a load of a map stops at the default size limit if the server sends %s',
    async (_what, name) => {
      await using server = await FaultyServer.start(answer(mapNow()));
      await using held = mapUnderTest(server.url, { offload: 'always', timeoutMs: 20_000 });
      await survives({ held, server }, FAULTS[name](mapNow()), 'MAP_TOO_LARGE');
    },
  );
});

describe('exactly at a limit', () => {
  it('fault 43: a map with exactly `maxConnectors` connectors is accepted, and a map with one more is rejected', async () => {
    await using server = await FaultyServer.start(answer(many(100)));
    await using held = mapUnderTest(server.url, { maxConnectors: 100 });
    await held.manager.sync();
    expect(held.manager.listConnectors()).toHaveLength(100);
    server.behave(answer(many(101)));
    await held.manager.sync(true);
    expect(held.complaints()).toEqual(['map-refresh-failed MAP_TOO_MANY_CONNECTORS']);
    expect(held.manager.listConnectors()).toHaveLength(100);
  });

  it.each(['never', 'always'] as const)(
    'fault 43: a map of exactly `maxMapBytes` is accepted, and one more byte is rejected (offload: "%s")',
    async (offload) => {
      const [body, next] = [many(50), many(50)];
      await using server = await FaultyServer.start(answer(body));
      await using held = mapUnderTest(server.url, { maxMapBytes: body.length, offload });
      await held.manager.sync();
      server.behave(answer(Buffer.concat([next, Buffer.from(' ')])));
      await held.manager.sync(true);
      expect(held.complaints()).toEqual(['map-refresh-failed MAP_TOO_LARGE']);
      server.behave(answer(next));
      await held.manager.sync(true);
      expect(held.manager.status().serviceMap).toMatchObject({ revision: 2, lastError: null });
    },
  );
});
