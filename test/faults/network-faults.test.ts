import { Agent } from 'undici';
import { describe, expect, it } from 'vitest';
import { answer, FAULTS, FaultyServer } from '../helpers/faulty-server.ts';
import { counterOf, type MapUnderTest, mapNow, mapUnderTest } from '../helpers/map-under-test.ts';

const REFRESHES = 'mcp_service_map_refresh_total';

/** By row of the fault catalogue. */
const EXPECTED: [keyof typeof FAULTS, string][] = [
  ['no-response', 'MAP_TIMEOUT'],
  ['close-before-headers', 'MAP_CONNECTION_LOST'],
  ['reset-before-headers', 'MAP_CONNECTION_LOST'],
  ['slow-headers', 'MAP_TIMEOUT'],
  ['early-hints-for-ever', 'MAP_TIMEOUT'],
  ['drip-body', 'MAP_TIMEOUT'],
  ['endless-body', 'MAP_TOO_LARGE'],
  ['truncated', 'MAP_CONNECTION_LOST'],
  ['chunk-trunc', 'MAP_CONNECTION_LOST'],
  ['reset-mid-body', 'MAP_CONNECTION_LOST'],
  ['short-content-length', 'MAP_SYNTAX'],
  ['cl-te-conflict', 'MAP_HTTP_INVALID'],
  ['two-content-lengths', 'MAP_HTTP_INVALID'],
  ['bad-chunk', 'MAP_HTTP_INVALID'],
  ['lf-only', 'MAP_HTTP_INVALID'],
  ['not-http', 'MAP_HTTP_INVALID'],
  ['status-99', 'MAP_HTTP_INVALID'],
  ['huge-header', 'MAP_HTTP_INVALID'],
  ['gzip-bomb', 'MAP_TOO_LARGE'],
  ['gzip-corrupt', 'MAP_DECODE'],
  ['brotli-corrupt', 'MAP_DECODE'],
  ['wrong-type', 'MAP_SYNTAX'],
  ['html-captive-portal', 'MAP_SYNTAX'],
  ['empty-body', 'MAP_SYNTAX'],
  ['s401', 'MAP_UNAUTHORIZED'],
  ['s500', 'MAP_HTTP_STATUS'],
  ['s429', 'MAP_RATE_LIMITED'],
  ['s304-unasked', 'MAP_NOT_MODIFIED_UNASKED'],
  ['s204', 'MAP_HTTP_STATUS'],
  ['redirect-loop', 'MAP_REDIRECTED'],
  ['redirect-file', 'MAP_REDIRECTED'],
  ['redirect-meta', 'MAP_REDIRECTED'],
  ['bom', 'MAP_BOM'],
  ['invalid-utf8', 'MAP_ENCODING'],
  ['utf-16', 'MAP_ENCODING'],
];

const faultOf = (name: keyof typeof FAULTS) => FAULTS[name](mapNow());

describe.each(['never', 'always'] as const)('with offload %s', (offload) => {
  it.each(EXPECTED)('%s leaves the last good map in force: one line, one count, %s', async (name, code) => {
    await using server = await FaultyServer.start(answer(mapNow()));
    await using held = mapUnderTest(server.url, { maxMapBytes: 1_000_000, offload });
    await held.manager.sync();
    const before = await counterOf(REFRESHES, { outcome: 'failed', code });
    server.behave(faultOf(name));
    await held.manager.sync(true);
    expect(held.manager.listConnectors().map(({ id }) => id)).toEqual(['a', 'b']);
    expect(held.manager.status().serviceMap).toMatchObject({ freshness: 'fresh', lastError: { code } });
    expect(held.complaints()).toEqual([`map-refresh-failed ${code}`]);
    expect(await counterOf(REFRESHES, { outcome: 'failed', code })).toBe(before + 1);
    expect(JSON.stringify(held.lines)).not.toContain('token=');
  });
});

it.each(EXPECTED)('%s rejects the first sync with %s', async (name, code) => {
  await using server = await FaultyServer.start(faultOf(name));
  await using held = mapUnderTest(server.url, { maxMapBytes: 1_000_000 });
  await expect(held.manager.sync()).rejects.toMatchObject({ name: 'ConnectorManifestError', code });
  expect(held.complaints()).toEqual([`map-refresh-failed ${code}`]);
});

describe('a fault that is over at the second try', () => {
  it.each(['close-before-headers', 'reset-before-headers', 'no-response', 's500', 'truncated'] as const)(
    'such as %s is not even told',
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

  it('is got over where the server closes a kept connection just as it is used again', async () => {
    await using server = await FaultyServer.start(answer(mapNow()));
    await using held = mapUnderTest(server.url);
    await held.manager.sync();
    const map = mapNow();
    const kept = server.requests.length;
    // The second request on the kept connection meets a reset; the one after it comes over a new connection.
    server.behave((socket, request) =>
      server.requests.length === kept + 1 ? socket.resetAndDestroy() : answer(map)(socket, request),
    );
    await held.manager.sync(true);
    expect(held.manager.status().serviceMap).toMatchObject({ revision: 2, lastError: null });
  });
});

describe('a server that cannot be reached', () => {
  const failsWith = async (held: MapUnderTest, code: string): Promise<void> => {
    await expect(held.manager.sync()).rejects.toMatchObject({ code });
    expect(held.complaints()).toEqual([`map-refresh-failed ${code}`]);
  };

  it('because its name does not exist is MAP_DNS', async () => {
    await using held = mapUnderTest('http://x.invalid/map', { timeoutMs: 5_000 });
    await failsWith(held, 'MAP_DNS');
  });

  it('because nobody listens is MAP_UNREACHABLE', async () => {
    const server = await FaultyServer.start(() => {});
    const { url } = server;
    await server[Symbol.asyncDispose]();
    await using held = mapUnderTest(url);
    await failsWith(held, 'MAP_UNREACHABLE');
  });

  it('because no connection comes about is MAP_CONNECT_TIMEOUT, where that has a deadline of its own', async () => {
    // An own connector that never connects stands for a black hole, which not every network has.
    await using agent = Object.assign(new Agent({ connect: () => {} }), {
      [Symbol.asyncDispose]: () => agent.destroy(),
    });
    await using silent = mapUnderTest('http://127.0.0.1:9999/map', { agent });
    await failsWith(silent, 'MAP_TIMEOUT');
    const timesOut = new Agent({
      connect: (_, callback) =>
        callback(Object.assign(new Error('timed out'), { code: 'UND_ERR_CONNECT_TIMEOUT' }), null),
    });
    await using held = mapUnderTest('http://127.0.0.1:9999/map', { agent: timesOut });
    await failsWith(held, 'MAP_CONNECT_TIMEOUT');
  });
});
