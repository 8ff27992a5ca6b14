import { describe, expect, it } from 'vitest';
import {
  ConnectorProxyManager,
  type RemoteProxyConfig,
  type ServiceMapSourceOptions,
  type SourcesManagerOptions,
} from '../../../src/main/index.ts';
import { eventually } from '../../helpers/eventually.ts';
import { secret } from '../../helpers/evidence.ts';
import { recordingLogger } from '../../helpers/log.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { entry, type Json, KEY, mapOf, NOW, signed } from '../../helpers/signed-map.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

/** Returns a signed map of these connectors. The larger `second` is, the later is the date of the map. */
const map = (connectors: readonly Json[], key = KEY, second = 0, overrides: Json = {}): Uint8Array =>
  signed(mapOf(connectors, { generatedAt: new Date(NOW + second * 1_000).toISOString(), ...overrides }), key);

/** Starts the servers of two maps, with the sources `a` and `b`. Each source has its own key. */
async function twoMaps(a: readonly Json[], b: readonly Json[]) {
  const keys = { a: secret('key of a'), b: secret('key of b') };
  const servers = { a: await MapServer.start(map(a, keys.a)), b: await MapServer.start(map(b, keys.b)) };
  const sourceOf = (id: 'a' | 'b'): ServiceMapSourceOptions => ({
    id,
    url: servers[id].url,
    signatureKey: keys[id],
    connectorsApiKey: secret(`connectors of ${id}`),
  });
  return {
    ...{ keys, servers },
    sources: [sourceOf('a'), sourceOf('b')],
    async [Symbol.asyncDispose]() {
      await Promise.all(Object.values(servers).map((server) => server[Symbol.asyncDispose]()));
    },
  };
}

function start(sources: readonly ServiceMapSourceOptions[], options: Partial<SourcesManagerOptions> = {}) {
  const logger = recordingLogger();
  const configs: RemoteProxyConfig[] = [];
  const manager = new ConnectorProxyManager({
    sources,
    logger,
    now: () => NOW + 10_000,
    sleep: async () => {},
    featureFlags: { asyncRefresh: false, refreshIntervalMs: 1_000 },
    createProxy: (config) => {
      configs.push(config);
      return {
        connect: async () => {},
        getTools: () => [{ name: 'where', description: config.endpoint, inputSchema: { type: 'object' } }],
        callTool: async () => ({ content: [{ type: 'text', text: config.endpoint }] }),
      };
    },
    ...options,
  });
  return Object.assign(manager, {
    configs,
    lines: logger.lines,
    where: () => Object.fromEntries(manager.listTools().map(({ name, description }) => [name, description])),
  });
}

const at = (id: string, path: string): Json => entry(id, { endpoint: `http://127.0.0.1:9/${path}` });

describe('several service maps', () => {
  it('a manager with several maps connects the connectors of all maps, and verifies each map with its own key', async () => {
    await using maps = await twoMaps([at('one', 'a1')], [at('two', 'b2'), at('three', 'b3')]);
    await using manager = start(maps.sources);
    await manager.sync();
    expect(manager.listConnectors().map(({ id }) => id)).toEqual(['one', 'two', 'three']);
    expect(Object.keys(manager.where())).toEqual(['one.where', 'three.where', 'two.where']);
    expect(manager.status().serviceMaps).toMatchObject([
      { sourceId: 'a', freshness: 'fresh', connectorCount: 1 },
      { sourceId: 'b', freshness: 'fresh', connectorCount: 2 },
    ]);
    maps.servers.b.serve(map([at('two', 'evil')], maps.keys.a, 1));
    await manager.sync(true);
    expect(manager.status().serviceMaps[1]).toMatchObject({
      connectorCount: 2,
      lastError: { code: 'MAP_SIGNATURE_MISMATCH' },
    });
    expect(manager.status().serviceMaps[0]?.lastError).toBeNull();
  });

  it('if two maps contain the same connector id, the map of the earlier source is used, whichever map arrives first', async () => {
    await using maps = await twoMaps([at('own', 'a')], [at('both', 'b'), at('own', 'evil')]);
    await using manager = start(maps.sources);
    await manager.sync();
    expect(manager.where()).toEqual({ 'both.where': 'http://127.0.0.1:9/b', 'own.where': 'http://127.0.0.1:9/a' });
    expect(manager.lines.filter(({ fields }) => fields.event === 'connector-contested')).toHaveLength(1);

    maps.servers.a.serve(map([at('own', 'a'), at('both', 'a')], maps.keys.a, 1));
    await manager.sync(true);
    expect(manager.where()['both.where']).toBe('http://127.0.0.1:9/a');
    expect(manager.listConnectors().map(({ id }) => id)).toEqual(['own', 'both']);

    maps.servers.a.serve(map([at('own', 'a')], maps.keys.a, 2));
    await manager.sync(true);
    expect(manager.where()['both.where']).toBe('http://127.0.0.1:9/b');

    maps.servers.a.serve(map([at('own', 'a'), { ...at('both', 'a'), status: 'disabled' }], maps.keys.a, 3));
    await manager.sync(true);
    expect(Object.keys(manager.where())).toEqual(['own.where']);
    expect(manager.connector('both')?.entry.status).toBe('disabled');
  });

  it('a manager with several maps sends the key of a source only to the connectors of that source', async () => {
    const wants = { auth: { type: 'bearer' } };
    await using maps = await twoMaps([{ ...at('one', 'a'), ...wants }], [{ ...at('two', 'b'), ...wants }]);
    const [a, b] = maps.sources;
    if (a === undefined || b === undefined) throw new Error('There are two');
    const { connectorsApiKey: _none, ...keyless } = b;
    await using manager = start([a, keyless], { connectorsApiKey: secret('of the local file') });
    await manager.sync();
    expect(manager.configs.map(({ connectorId, headers }) => [connectorId, headers.Authorization])).toEqual([
      ['one', `Bearer ${secret('connectors of a')}`],
    ]);
    expect(manager.status().connectors.find(({ id }) => id === 'two')?.lastError?.code).toBe('CONNECTOR_AUTH_MISSING');
  });

  it('with several maps, sync() rejects only if no map is available', async () => {
    await using maps = await twoMaps([at('one', 'a')], [at('two', 'b')]);
    maps.servers.a.fail();
    await using manager = start(maps.sources);
    await manager.sync();
    expect(Object.keys(manager.where())).toEqual(['two.where']);
    expect(manager.status().serviceMaps).toMatchObject([
      { freshness: 'none', lastError: { code: 'MAP_HTTP_STATUS' } },
      { freshness: 'fresh', lastError: null },
    ]);
    await expect(manager.ready('two')).resolves.toBeUndefined();
    await expect(manager.ready('any')).resolves.toBeUndefined();
    await expect(manager.ready('all', { timeoutMs: 50 })).rejects.toMatchObject({ code: 'CONNECTOR_TIMEOUT' });

    maps.servers.b.fail();
    await using other = start(maps.sources);
    await expect(other.sync()).rejects.toMatchObject({ code: 'MAP_HTTP_STATUS' });
    for (const _time of [1, 2]) await other.sync(true).catch(() => {});
    expect(other.status().serviceMaps.map(({ circuit }) => circuit)).toEqual(['open', 'open']);
    expect(manager.status().serviceMaps.map(({ circuit }) => circuit)).toEqual(['closed', 'closed']);
  });

  it('with several maps, sync() waits for a missing map only until the sync deadline', async () => {
    await using maps = await twoMaps([at('one', 'a')], [at('two', 'b')]);
    maps.servers.a.answer(() => {});
    await using manager = start(maps.sources, { syncDeadlineMs: 300, timeoutMs: 20_000 });
    await manager.sync();
    expect(Object.keys(manager.where())).toEqual(['two.where']);
    expect(manager.status().serviceMaps.map(({ freshness }) => freshness)).toEqual(['none', 'fresh']);
  });

  it('each of several maps has its own minimum map time and its own stored map, even after a restart', async () => {
    using dir = new TempDir();
    await using maps = await twoMaps([at('one', 'a')], [at('two', 'b')]);
    maps.servers.b.serve(map([at('two', 'b')], maps.keys.b, 5));
    {
      await using manager = start(maps.sources, { stateDir: dir.path });
      await manager.sync();
    }
    maps.servers.a.fail();
    // This map is older than the accepted map of b, and newer than the accepted map of a.
    maps.servers.b.serve(map([], maps.keys.b, 2));
    await using after = start(maps.sources, { stateDir: dir.path });
    await after.sync();
    expect(Object.keys(after.where())).toEqual(['one.where', 'two.where']);
    expect(after.status().serviceMaps.map(({ lastError }) => lastError?.code)).toEqual([
      'MAP_HTTP_STATUS',
      'MAP_ROLLED_BACK',
    ]);
  });

  it('each of several maps is refreshed on its own schedule, well before it expires', async () => {
    await using maps = await twoMaps([at('one', 'a')], [at('two', 'b')]);
    const [a, b] = maps.sources;
    if (a === undefined || b === undefined) throw new Error('There are two');
    const live = (): Json => ({ generatedAt: new Date().toISOString(), ttlSeconds: 4 });
    maps.servers.a.answer((_, response) => response.end(map([at('one', 'a')], maps.keys.a, 0, live())));
    maps.servers.b.answer((_, response) =>
      response.end(map([at('two', 'b')], maps.keys.b, 0, { ...live(), ttlSeconds: 3_600 })),
    );
    const seen: (string | undefined)[] = [];
    await using manager = start([a, b], {
      now: undefined,
      sleep: undefined,
      featureFlags: { asyncRefresh: true, refreshIntervalMs: 300_000 },
    });
    await manager.sync();
    await eventually('the map that lives for four seconds was asked for three times', () => {
      seen.push(manager.status().serviceMaps[0]?.freshness);
      return maps.servers.a.requests.length >= 3;
    });
    expect(new Set(seen)).toEqual(new Set(['fresh']));
    expect(maps.servers.b.requests.length).toBeLessThanOrEqual(2);
  });

  it.each<[string, readonly Partial<ServiceMapSourceOptions>[]]>([
    ['sources', []],
    ['sources', [{ id: 'a' }, { id: 'a' }]],
    ['sources', [{ id: 'default' }]],
    ['sources[0].id', [{ id: 'no/slash' }]],
    ['sources[0].url', [{ id: 'a', url: 'ftp://x/' }]],
    ['sources[0].signatureKey', [{ id: 'a', signatureKey: '' }]],
    ['sources[0].timeoutMs', [{ id: 'a', timeoutMs: -1 }]],
    ['sources[0]', [{ id: 'a', keys: 1 } as Partial<ServiceMapSourceOptions>]],
  ])('an invalid option %s is rejected at construction: %j', (option, sources) => {
    const given = sources.map((source) => ({ url: 'http://127.0.0.1:9/', signatureKey: KEY, ...source }));
    expect(() => start(given as ServiceMapSourceOptions[])).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID', detail: { option } }),
    );
  });

  it('the map of `serviceMapUrl` takes precedence over the maps in `sources`', async () => {
    await using maps = await twoMaps([at('one', 'a')], [at('one', 'b'), at('two', 'b')]);
    const [a, b] = maps.sources;
    if (a === undefined || b === undefined) throw new Error('There are two');
    await using manager = new ConnectorProxyManager({
      serviceMapUrl: b.url,
      signatureKey: b.signatureKey,
      sources: [a],
      now: () => NOW,
      featureFlags: { asyncRefresh: false, refreshIntervalMs: 1_000 },
      createProxy: () => ({ connect: async () => {}, getTools: () => [], callTool: async () => ({ content: [] }) }),
    });
    await manager.sync();
    expect(manager.status().serviceMap.sourceId).toBe('default');
    expect(manager.connector('one')?.entry.endpoint).toBe('http://127.0.0.1:9/b');
  });
});

describe('the lifetime of a map', () => {
  it('a map is fresh for the time of its `ttlSeconds`, whatever the Cache-Control header of the response says', async () => {
    let now = NOW;
    const body = map([], KEY, 0, { ttlSeconds: 60 });
    await using server = await MapServer.start();
    server.answer((_, response) =>
      response.writeHead(200, { 'cache-control': 'public, max-age=31536000, immutable', age: '0' }).end(body),
    );
    await using manager = start([{ id: 'a', url: server.url, signatureKey: KEY }], { now: () => now });
    await manager.sync();
    now = NOW + 59_999;
    await manager.sync();
    expect([manager.status().serviceMap.freshness, server.requests.length]).toEqual(['fresh', 1]);
    now = NOW + 60_000;
    await manager.sync();
    expect(server.requests.length).toBeGreaterThan(1);
    expect(manager.status().serviceMap).toMatchObject({ freshness: 'stale', lastError: { code: 'MAP_EXPIRED' } });
  });
});
