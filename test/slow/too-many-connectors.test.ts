import { describe, expect, it } from 'vitest';
import { survives } from '../faults/last-good.ts';
import { answer, FaultyServer } from '../helpers/faulty-server.ts';
import { mapNow, mapUnderTest, off } from '../helpers/map-under-test.ts';

const many = (count: number): Uint8Array<ArrayBuffer> =>
  mapNow(Array.from({ length: count }, (_, index) => off(`connector-${index}`)));

describe('with the default limits', () => {
  it('fault 43: a map with 100 001 connectors is rejected on a worker thread, and the last good map stays in use', async () => {
    const body = many(100_001);
    expect(body.length).toBeGreaterThan(15_000_000);
    await using server = await FaultyServer.start(answer(mapNow()));
    await using held = mapUnderTest(server.url, { offload: 'always', timeoutMs: 20_000 });
    await survives({ held, server }, answer(body), 'MAP_TOO_MANY_CONNECTORS');
  });
});
