import { expect, it } from 'vitest';
import { answer, asksToWait as asks, type Fault, FaultyServer } from '../helpers/faulty-server.ts';
import { mapNow, mapUnderTest } from '../helpers/map-under-test.ts';

/** Creates a server behavior that sends each of these responses in turn, and repeats the last one. */
function inTurn(...faults: readonly Fault[]): Fault {
  let index = 0;
  return (socket, request) => {
    faults[Math.min(index, faults.length - 1)]?.(socket, request);
    index += 1;
  };
}

it.each(['429 Too Many Requests', '503 Service Unavailable'])(
  'a load of a map that is answered with %s and a short Retry-After is repeated after that time',
  async (line) => {
    await using server = await FaultyServer.start(inTurn(asks('2', line), answer(mapNow())));
    await using held = mapUnderTest(server.url, { timeoutMs: 5_000 });
    await held.manager.sync();
    expect([held.pauses, server.requests.length]).toEqual([[2_000], 2]);
  },
);

it('the Retry-After of a map server may be a date', async () => {
  const now = Date.parse('2026-11-22T12:00:00Z');
  const map = mapNow([], { generatedAt: '2026-11-22T12:00:00Z' });
  await using server = await FaultyServer.start(inTurn(asks('Sun, 22 Nov 2026 12:00:03 GMT'), answer(map)));
  await using held = mapUnderTest(server.url, { timeoutMs: 5_000, now: () => now });
  await held.manager.sync();
  expect(held.pauses).toEqual([3_000]);
});

const PAST = 'Sun, 06 Nov 1994 08:49:37 GMT';

it.each(['-5', '0', '1.5', '+5', '0x10', 'junk', '1e9', '', PAST, '2099-01-01', '2, 5'])(
  'a load of a map ignores the invalid Retry-After %j, and retries after the usual pauses',
  async (header) => {
    await using server = await FaultyServer.start(asks(header));
    await using held = mapUnderTest(server.url);
    await expect(held.manager.sync()).rejects.toMatchObject({ code: 'MAP_RATE_LIMITED' });
    expect([held.pauses, server.requests.length]).toEqual([[50, 100], 3]);
    expect(held.manager.status().serviceMap.pausedUntil).toBeNull();
  },
);

it('a load of a map waits twice for a short Retry-After, but a third Retry-After blocks requests until its time is over', async () => {
  await using server = await FaultyServer.start(asks('2'));
  await using held = mapUnderTest(server.url, { timeoutMs: 5_000 });
  await expect(held.manager.sync()).rejects.toMatchObject({ code: 'MAP_RATE_LIMITED' });
  await expect(held.manager.sync(true)).rejects.toMatchObject({ code: 'MAP_RATE_LIMITED' });
  expect([held.pauses, server.requests.length]).toEqual([[2_000, 2_000], 3]);
});

it.each([
  ['999999999', 'never'],
  ['999999999', 'always'],
  ['9'.repeat(400), 'never'],
  ['Fri, 31 Dec 9999 23:59:59 GMT', 'never'],
] as const)(
  'a Retry-After of %s blocks requests for a map for five minutes at most (offload: "%s")',
  async (header, offload) => {
    const now = Date.now();
    await using server = await FaultyServer.start(asks(header));
    await using held = mapUnderTest(server.url, { now: () => now, offload, timeoutMs: 2_000 });
    await expect(held.manager.sync()).rejects.toMatchObject({ detail: { retryAfterMs: 300_000 } });
    await expect(held.manager.sync(true)).rejects.toMatchObject({ code: 'MAP_RATE_LIMITED' });
    expect(held.manager.status().serviceMap.pausedUntil).toBe(now + 300_000);
    expect([held.pauses, server.requests.length]).toEqual([[], 1]);
  },
);

it('a long Retry-After ends the refresh of a map, and no request follows for five minutes', async () => {
  let now = Date.now();
  const startedAt = now;
  await using server = await FaultyServer.start(answer(mapNow([], { ttlSeconds: 3600 })));
  await using held = mapUnderTest(server.url, { now: () => now });
  await held.manager.sync();
  server.behave(asks('999999999'));
  await held.manager.sync(true);
  expect([server.requests.length, held.manager.status().serviceMap.pausedUntil]).toEqual([2, startedAt + 300_000]);
  await held.manager.sync(true);
  now = startedAt + 299_000;
  await held.manager.sync(true);
  expect(server.requests).toHaveLength(2);
  expect(held.lines.at(-1)).toMatchObject({ level: 'warn', fields: { event: 'map-stale', code: 'MAP_RATE_LIMITED' } });
  server.behave(answer(mapNow()));
  now = startedAt + 300_001;
  await held.manager.sync(true);
  expect([server.requests.length, held.manager.status().serviceMap.revision]).toEqual([3, 2]);
});

it('sync() rejects immediately during a Retry-After if the host has no map yet', async () => {
  await using server = await FaultyServer.start(asks('60'));
  await using held = mapUnderTest(server.url);
  await expect(held.manager.sync()).rejects.toMatchObject({
    code: 'MAP_RATE_LIMITED',
    detail: { retryAfterMs: 60_000 },
  });
  await expect(held.manager.sync(true)).rejects.toMatchObject({ code: 'MAP_RATE_LIMITED' });
  expect(server.requests).toHaveLength(1);
});
