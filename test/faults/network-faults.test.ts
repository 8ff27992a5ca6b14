import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { answer, FAULTS, type Fault, FaultyServer } from '../helpers/faulty-server.ts';
import { mapNow, mapUnderTest } from '../helpers/map-under-test.ts';
import { sharedWorld, survives } from './last-good.ts';

type FaultName = keyof typeof FAULTS;

/** Faults, each with its number in the fault catalogue and the code that it causes. */
const EXPECTED: [row: number, name: FaultName, code: string][] = [
  [5, 'no-response', 'MAP_TIMEOUT'],
  [6, 'close-before-headers', 'MAP_CONNECTION_LOST'],
  [7, 'reset-before-headers', 'MAP_CONNECTION_LOST'],
  [8, 'slow-headers', 'MAP_TIMEOUT'],
  [8, 'early-hints-for-ever', 'MAP_TIMEOUT'],
  [9, 'drip-body', 'MAP_TIMEOUT'],
  [10, 'endless-body', 'MAP_TOO_LARGE'],
  [11, 'truncated', 'MAP_CONNECTION_LOST'],
  [11, 'chunk-trunc', 'MAP_CONNECTION_LOST'],
  [12, 'reset-mid-body', 'MAP_CONNECTION_LOST'],
  [13, 'short-content-length', 'MAP_SYNTAX'],
  [14, 'cl-te-conflict', 'MAP_HTTP_INVALID'],
  [14, 'two-content-lengths', 'MAP_HTTP_INVALID'],
  [14, 'negative-content-length', 'MAP_HTTP_INVALID'],
  [15, 'bad-chunk', 'MAP_HTTP_INVALID'],
  [15, 'lf-only', 'MAP_HTTP_INVALID'],
  [15, 'not-http', 'MAP_HTTP_INVALID'],
  [15, 'status-99', 'MAP_HTTP_INVALID'],
  [15, 'folded-header', 'MAP_HTTP_INVALID'],
  [15, 'nul-in-header', 'MAP_HTTP_INVALID'],
  [16, 'huge-header', 'MAP_HTTP_INVALID'],
  [16, 'many-headers', 'MAP_HTTP_INVALID'],
  [16, 'trailer-flood', 'MAP_HTTP_INVALID'],
  [17, 'gzip-bomb', 'MAP_TOO_LARGE'],
  [18, 'gzip-corrupt', 'MAP_DECODE'],
  [18, 'gzip-that-is-none', 'MAP_DECODE'],
  [18, 'deflate-corrupt', 'MAP_DECODE'],
  [18, 'zstd-corrupt', 'MAP_DECODE'],
  [18, 'brotli-corrupt', 'MAP_DECODE'],
  // undici accepts a truncated compressed body as complete; the remaining text is not valid JSON.
  [18, 'gzip-truncated', 'MAP_SYNTAX'],
  [19, 'wrong-type', 'MAP_SYNTAX'],
  [19, 'html-captive-portal', 'MAP_SYNTAX'],
  [19, 'empty-body', 'MAP_SYNTAX'],
  [19, 's401', 'MAP_UNAUTHORIZED'],
  [19, 's403', 'MAP_UNAUTHORIZED'],
  [20, 's500', 'MAP_HTTP_STATUS'],
  [20, 's503-retry', 'MAP_HTTP_STATUS'],
  [21, 's429', 'MAP_RATE_LIMITED'],
  [22, 's304-unasked', 'MAP_NOT_MODIFIED_UNASKED'],
  [22, 's204', 'MAP_HTTP_STATUS'],
  [22, 's206', 'MAP_HTTP_STATUS'],
  [23, 'redirect-loop', 'MAP_REDIRECTED'],
  [23, 'redirect-file', 'MAP_REDIRECTED'],
  [23, 'redirect-nowhere', 'MAP_REDIRECTED'],
  [24, 'redirect-meta', 'MAP_REDIRECTED'],
  [47, 'bom', 'MAP_BOM'],
  [47, 'invalid-utf8', 'MAP_ENCODING'],
  [47, 'utf-16', 'MAP_ENCODING'],
];

const CAPS = { maxMapBytes: 1_000_000 };
const faultOf = (name: FaultName): Fault => FAULTS[name](mapNow());

describe('on the main thread', () => {
  it.each(EXPECTED)(
    'fault %d: %s leaves the last good map in force on the main thread: one log line, one count, %s',
    async (_, name, code) => {
      await using server = await FaultyServer.start(answer(mapNow()));
      await using held = mapUnderTest(server.url, { ...CAPS, offload: 'never' });
      await survives({ held, server }, faultOf(name), code);
    },
  );
});

describe('on a worker thread', () => {
  const world = sharedWorld({ ...CAPS, offload: 'always' });

  it.each(EXPECTED)(
    'fault %d: %s leaves the last good map in force on a worker thread: one log line, one count, %s',
    async (_, name, code) => {
      await survives(world(), faultOf(name), code);
    },
  );
});

describe.concurrent('without a map', () => {
  it.each(EXPECTED)('fault %d: %s rejects the first sync with %s', async (_, name, code) => {
    await using server = await FaultyServer.start(faultOf(name));
    await using held = mapUnderTest(server.url, CAPS);
    await expect(held.manager.sync()).rejects.toMatchObject({ name: 'ConnectorManifestError', code });
    expect(held.complaints()).toEqual([`map-refresh-failed ${code}`]);
    expect(held.manager.listConnectors()).toEqual([]);
  });
});

it('fault 19: a web page in place of the map is reported as a web page', async () => {
  await using server = await FaultyServer.start(faultOf('html-captive-portal'));
  await using held = mapUnderTest(server.url);
  await expect(held.manager.sync()).rejects.toThrow(/looks like a web page, such as a login/);
});

it('fault 19: a 407 from the map server itself has a code and a reason', async () => {
  await using server = await FaultyServer.start(faultOf('s407'));
  await using held = mapUnderTest(server.url);
  await expect(held.manager.sync()).rejects.toMatchObject({
    code: 'MAP_HTTP_INVALID',
    message: expect.stringContaining('407'),
  });
});

describe('a fault that has ended by the second attempt', () => {
  it.each(['close-before-headers', 'reset-before-headers', 'no-response', 's500', 'truncated'] as const)(
    'a fault that has ended by the second attempt is not logged: %s',
    async (name) => {
      await using server = await FaultyServer.start((socket, request) => {
        const isFirst = server.requests.length === 1;
        (isFirst ? faultOf(name) : answer(mapNow()))(socket, request);
      });
      await using held = mapUnderTest(server.url);
      await held.manager.sync();
      expect([server.requests.length, held.pauses, held.complaints()]).toEqual([2, [50], []]);
    },
  );

  it('a request for a map is retried if the server closes a kept-alive connection just when it is reused', async () => {
    const sockets: Socket[] = [];
    const on =
      (fault: Fault): Fault =>
      (socket, request) => {
        sockets.push(socket);
        fault(socket, request);
      };
    await using server = await FaultyServer.start(on(answer(mapNow())));
    await using held = mapUnderTest(server.url);
    await held.manager.sync();
    const map = mapNow();
    server.behave(
      on((socket, request) => (sockets.length === 2 ? socket.resetAndDestroy() : answer(map)(socket, request))),
    );
    await held.manager.sync(true);
    expect(held.manager.status().serviceMap).toMatchObject({ revision: 2, lastError: null });
    // The second request was sent over the connection of the first and was reset. The third request opened a new
    // connection.
    expect([sockets.length, sockets[1] === sockets[0], sockets[2] === sockets[0]]).toEqual([3, true, false]);
    expect(held.complaints()).toEqual([]);
  });
});
