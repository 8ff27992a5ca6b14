import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { answer, FAULTS, type Fault, FaultyServer } from '../helpers/faulty-server.ts';
import { mapNow, mapUnderTest } from '../helpers/map-under-test.ts';
import { sharedWorld, survives } from './last-good.ts';

type FaultName = keyof typeof FAULTS;

/** Faults, each with its number in the fault catalogue, its description and the code that it causes. */
const EXPECTED: [row: number, what: string, code: string, name: FaultName][] = [
  [5, 'a server that never responds', 'MAP_TIMEOUT', 'no-response'],
  [6, 'a connection that closes before the headers', 'MAP_CONNECTION_LOST', 'close-before-headers'],
  [7, 'a connection that is reset before the headers', 'MAP_CONNECTION_LOST', 'reset-before-headers'],
  [8, 'a response whose headers arrive too slowly', 'MAP_TIMEOUT', 'slow-headers'],
  [8, 'an endless series of 103 responses', 'MAP_TIMEOUT', 'early-hints-for-ever'],
  [9, 'a body that arrives too slowly', 'MAP_TIMEOUT', 'drip-body'],
  [10, 'an endless body', 'MAP_TOO_LARGE', 'endless-body'],
  [11, 'a body that is shorter than its content-length', 'MAP_CONNECTION_LOST', 'truncated'],
  [11, 'a body that ends in the middle of a chunk', 'MAP_CONNECTION_LOST', 'chunk-trunc'],
  [12, 'a connection that is reset in the middle of the body', 'MAP_CONNECTION_LOST', 'reset-mid-body'],
  [13, 'a body that is longer than its content-length', 'MAP_SYNTAX', 'short-content-length'],
  [14, 'a response with a content-length and a transfer-encoding', 'MAP_HTTP_INVALID', 'cl-te-conflict'],
  [14, 'a response with two different content-lengths', 'MAP_HTTP_INVALID', 'two-content-lengths'],
  [14, 'a response with a negative content-length', 'MAP_HTTP_INVALID', 'negative-content-length'],
  [15, 'a response with an invalid chunk size', 'MAP_HTTP_INVALID', 'bad-chunk'],
  [15, 'a response with LF in place of CRLF', 'MAP_HTTP_INVALID', 'lf-only'],
  [15, 'a response that is not HTTP', 'MAP_HTTP_INVALID', 'not-http'],
  [15, 'a response with the status 099', 'MAP_HTTP_INVALID', 'status-99'],
  [15, 'a response with a folded header', 'MAP_HTTP_INVALID', 'folded-header'],
  [15, 'a response with a NUL in a header', 'MAP_HTTP_INVALID', 'nul-in-header'],
  [16, 'a response with a header of 100 KB', 'MAP_HTTP_INVALID', 'huge-header'],
  [16, 'a response with 20 000 headers', 'MAP_HTTP_INVALID', 'many-headers'],
  [16, 'a response with endless trailers', 'MAP_HTTP_INVALID', 'trailer-flood'],
  [17, 'a gzip body that decompresses to 50 MB', 'MAP_TOO_LARGE', 'gzip-bomb'],
  [18, 'a damaged gzip body', 'MAP_DECODE', 'gzip-corrupt'],
  [18, 'a body that is not gzip although its header says so', 'MAP_DECODE', 'gzip-that-is-none'],
  [18, 'a damaged deflate body', 'MAP_DECODE', 'deflate-corrupt'],
  [18, 'a damaged zstd body', 'MAP_DECODE', 'zstd-corrupt'],
  [18, 'a damaged brotli body', 'MAP_DECODE', 'brotli-corrupt'],
  // undici accepts a truncated compressed body as complete; the remaining text is not valid JSON.
  [18, 'a truncated gzip body', 'MAP_SYNTAX', 'gzip-truncated'],
  [19, 'a PNG image in place of the map', 'MAP_SYNTAX', 'wrong-type'],
  [19, 'a web page in place of the map', 'MAP_SYNTAX', 'html-captive-portal'],
  [19, 'an empty body', 'MAP_SYNTAX', 'empty-body'],
  [19, 'a 401 response', 'MAP_UNAUTHORIZED', 's401'],
  [19, 'a 403 response', 'MAP_UNAUTHORIZED', 's403'],
  [20, 'a 500 response', 'MAP_HTTP_STATUS', 's500'],
  [20, 'a 503 response with "Retry-After: 0"', 'MAP_HTTP_STATUS', 's503-retry'],
  [21, 'a 429 response', 'MAP_RATE_LIMITED', 's429'],
  [22, 'a 304 response to an unconditional request', 'MAP_NOT_MODIFIED_UNASKED', 's304-unasked'],
  [22, 'a 204 response', 'MAP_HTTP_STATUS', 's204'],
  [22, 'a 206 response', 'MAP_HTTP_STATUS', 's206'],
  [23, 'a redirect that leads to itself', 'MAP_REDIRECTED', 'redirect-loop'],
  [23, 'a redirect to a file: URL', 'MAP_REDIRECTED', 'redirect-file'],
  [23, 'a redirect without a location', 'MAP_REDIRECTED', 'redirect-nowhere'],
  [24, 'a redirect to the address of cloud metadata', 'MAP_REDIRECTED', 'redirect-meta'],
  [47, 'a map that begins with a byte order mark', 'MAP_BOM', 'bom'],
  [47, 'a map with invalid UTF-8', 'MAP_ENCODING', 'invalid-utf8'],
  [47, 'a map in UTF-16', 'MAP_ENCODING', 'utf-16'],
];

const CAPS = { maxMapBytes: 1_000_000 };
const faultOf = (name: FaultName): Fault => FAULTS[name](mapNow());

describe('on the main thread', () => {
  it.each(EXPECTED)(
    'fault %d: %s leaves the last good map in use on the main thread, and is reported once as %s',
    async (_row, _what, code, name) => {
      await using server = await FaultyServer.start(answer(mapNow()));
      await using held = mapUnderTest(server.url, { ...CAPS, offload: 'never' });
      await survives({ held, server }, faultOf(name), code);
    },
  );
});

describe('on a worker thread', () => {
  const world = sharedWorld({ ...CAPS, offload: 'always' });

  it.each(EXPECTED)(
    'fault %d: %s leaves the last good map in use on a worker thread, and is reported once as %s',
    async (_row, _what, code, name) => {
      await survives(world(), faultOf(name), code);
    },
  );
});

describe.concurrent('without a map', () => {
  it.each(EXPECTED)('fault %d: %s makes the first sync() reject with %s', async (_row, _what, code, name) => {
    await using server = await FaultyServer.start(faultOf(name));
    await using held = mapUnderTest(server.url, CAPS);
    await expect(held.manager.sync()).rejects.toMatchObject({ name: 'ConnectorManifestError', code });
    expect(held.complaints()).toEqual([`map-refresh-failed ${code}`]);
    expect(held.manager.listConnectors()).toEqual([]);
  });
});

it('fault 19: the error mentions a web page if the server sends a web page in place of the map', async () => {
  await using server = await FaultyServer.start(faultOf('html-captive-portal'));
  await using held = mapUnderTest(server.url);
  await expect(held.manager.sync()).rejects.toThrow(/looks like a web page, such as a login/);
});

it('fault 19: a 407 response of the map server is reported as MAP_HTTP_INVALID', async () => {
  await using server = await FaultyServer.start(faultOf('s407'));
  await using held = mapUnderTest(server.url);
  await expect(held.manager.sync()).rejects.toMatchObject({
    code: 'MAP_HTTP_INVALID',
    message: expect.stringContaining('407'),
  });
});

describe('a fault that ends before the second attempt', () => {
  it.each([
    ['a connection that closes before the headers', 'close-before-headers'],
    ['a connection that is reset before the headers', 'reset-before-headers'],
    ['a server that never responds', 'no-response'],
    ['a 500 response', 's500'],
    ['a body that is shorter than its content-length', 'truncated'],
  ] as const)('%s is not logged if the second attempt to load the map succeeds', async (_what, name) => {
    await using server = await FaultyServer.start((socket, request) => {
      const isFirst = server.requests.length === 1;
      (isFirst ? faultOf(name) : answer(mapNow()))(socket, request);
    });
    await using held = mapUnderTest(server.url);
    await held.manager.sync();
    expect([server.requests.length, held.pauses, held.complaints()]).toEqual([2, [50], []]);
  });

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
