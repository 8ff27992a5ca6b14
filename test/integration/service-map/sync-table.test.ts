import { describe, expect, it } from 'vitest';
import { ConnectorProxyManager, type ConnectorProxyManagerOptions } from '../../../src/main/index.ts';
import { secret } from '../../helpers/evidence.ts';
import { recordingLogger } from '../../helpers/log.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { entry, KEY, mapOf, NOW, signed } from '../../helpers/signed-map.ts';

type Cached = 'fresh' | 'stale' | 'none';
const HOUR = 3_600_000;

/**
 * Creates a manager whose map and circuit have the wanted states, with a clock that the test controls. From then on,
 * the map server fails.
 */
async function inState(
  cached: Cached,
  circuit: 'closed' | 'open',
  overrides: Partial<ConnectorProxyManagerOptions> = {},
) {
  const server = await MapServer.start(signed(mapOf([])));
  const logger = recordingLogger();
  const clock = { at: NOW };
  const manager = new ConnectorProxyManager({
    serviceMapUrl: server.url,
    signatureKey: KEY,
    offload: 'never',
    now: () => clock.at,
    sleep: async () => {},
    logger,
    featureFlags: { asyncRefresh: false, refreshIntervalMs: 1 },
    ...overrides,
  });
  if (cached !== 'none') await manager.sync();
  server.fail();
  if (circuit === 'open') for (let failure = 0; failure < 3; failure += 1) await manager.sync(true).catch(() => {});
  if (cached === 'stale') clock.at += HOUR;
  // After an hour, the circuit is half-open. One more failed attempt opens it again.
  if (cached === 'stale' && circuit === 'open') await manager.sync(true).catch(() => {});
  logger.lines.length = 0;
  const asked = server.requests.length;
  return {
    manager,
    server,
    clock,
    warned: () =>
      logger.lines.some(
        ({ level, fields }) => level === 'warn' && /^map-(stale|refresh-failed)$/.test(String(fields.event)),
      ),
    requests: () => server.requests.length - asked,
    async [Symbol.asyncDispose]() {
      await manager.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe('sync while the server fails', () => {
  it.each<[Cached, boolean, 'closed' | 'open', 'resolves' | 'warns' | string, number]>([
    ['fresh', false, 'closed', 'resolves', 0],
    ['fresh', true, 'closed', 'warns', 3],
    ['fresh', false, 'open', 'resolves', 0],
    ['fresh', true, 'open', 'CIRCUIT_OPEN', 0],
    ['stale', false, 'closed', 'warns', 3],
    ['stale', true, 'closed', 'warns', 3],
    ['stale', false, 'open', 'warns', 0],
    ['stale', true, 'open', 'CIRCUIT_OPEN', 0],
    ['none', false, 'closed', 'MAP_HTTP_STATUS', 3],
    ['none', true, 'closed', 'MAP_HTTP_STATUS', 3],
    ['none', false, 'open', 'CIRCUIT_OPEN', 0],
    ['none', true, 'open', 'CIRCUIT_OPEN', 0],
  ])(
    'if the map server fails (map: %s, force: %s, circuit: %s), the outcome of sync() is "%s" after %s requests',
    async (cached, force, circuit, expected, requests) => {
      await using state = await inState(cached, circuit);
      const outcome = await state.manager.sync(force).then(
        () => (state.warned() ? 'warns' : 'resolves'),
        (error: { code: string }) => error.code,
      );
      expect([outcome, state.requests()]).toEqual([expected, requests]);
    },
  );
});

describe('sync', () => {
  it('sync() rejects when the failure of a forced sync opens the circuit', async () => {
    await using state = await inState('fresh', 'closed');
    await state.manager.sync(true);
    await state.manager.sync(true);
    await expect(state.manager.sync(true)).rejects.toMatchObject({
      code: 'MAP_HTTP_STATUS',
      name: 'ConnectorManifestError',
    });
    expect(state.manager.status().serviceMap).toMatchObject({
      circuit: 'open',
      lastError: { code: 'MAP_HTTP_STATUS' },
    });
  });

  it('sync() sends a request when the circuit has been open for a minute, and a success closes the circuit', async () => {
    await using state = await inState('fresh', 'open');
    state.clock.at += 60_000;
    expect(state.manager.status().serviceMap.circuit).toBe('half-open');
    state.server.serve(
      signed(mapOf([entry('a', { status: 'disabled' })], { generatedAt: new Date(NOW + 1).toISOString() })),
    );
    await state.manager.sync(true);
    expect(state.manager.status().serviceMap).toMatchObject({ circuit: 'closed', lastError: null, connectorCount: 1 });
  });

  it('sync() fetches the map again once the map has expired, and serves the newest map', async () => {
    await using state = await inState('fresh', 'closed');
    state.clock.at += HOUR;
    state.server.serve(
      signed(mapOf([entry('new', { status: 'disabled' })], { generatedAt: new Date(NOW + HOUR).toISOString() })),
    );
    await state.manager.sync();
    expect(state.manager.listConnectors().map(({ id }) => id)).toEqual(['new']);
    expect(state.requests()).toBe(1);
  });

  it('simultaneous calls of sync() share one request', async () => {
    await using state = await inState('fresh', 'closed');
    state.server.serve(
      signed(mapOf([entry('a', { status: 'disabled' })], { generatedAt: new Date(NOW + 1).toISOString() })),
    );
    await Promise.all([state.manager.sync(true), state.manager.sync(true), state.manager.sync(false)]);
    expect([state.requests(), state.manager.listConnectors().length]).toEqual([1, 1]);
  });

  it('sync() sends the ETag of its verified map', async () => {
    await using state = await inState('fresh', 'closed');
    state.server.serve(signed(mapOf([])));
    await state.manager.sync(true);
    expect(state.server.requests.at(-1)?.headers['if-none-match']).toMatch(/^"/);
    expect(state.manager.status().serviceMap).toMatchObject({ freshness: 'fresh', revision: 1 });
  });

  it('sync() fetches the whole map once if the server answers 304 for a map that has expired', async () => {
    await using state = await inState('stale', 'closed');
    const current = signed(
      mapOf([entry('a', { status: 'disabled' })], { generatedAt: new Date(NOW + HOUR).toISOString() }),
    );
    state.server.answer((request, response) => {
      if (request.headers['if-none-match'] === undefined) response.writeHead(200, { etag: '"new"' }).end(current);
      else response.writeHead(304).end();
    });
    await state.manager.sync();
    expect([state.requests(), state.manager.listConnectors().length]).toEqual([2, 1]);
  });

  it('sync() does not send the ETag of a map that it rejected', async () => {
    await using state = await inState('fresh', 'closed');
    const known = state.server.requests.length;
    state.server.serve(signed(mapOf([]), secret('another key')), '"refused"');
    await state.manager.sync(true);
    state.server.fail();
    await state.manager.sync(true);
    const asked = state.server.requests.slice(known).map(({ headers }) => headers['if-none-match']);
    expect(asked).not.toContain('"refused"');
  });

  it('sync() fetches the whole map after the key has changed, and still rejects older maps', async () => {
    const keys = { current: KEY };
    await using state = await inState('fresh', 'closed', { signatureKey: () => keys.current });
    const older = mapOf([entry('a', { status: 'disabled' })], { generatedAt: new Date(NOW - 1_000).toISOString() });
    state.server.serve(signed(older, secret('the next key')));
    keys.current = secret('the next key');
    await state.manager.sync(true);
    expect(state.server.requests.at(-1)?.headers['if-none-match']).toBeUndefined();
    expect(state.manager.status().serviceMap).toMatchObject({ lastError: { code: 'MAP_ROLLED_BACK' }, revision: 1 });
    state.server.serve(signed({ ...older, generatedAt: new Date(NOW).toISOString() }, secret('the next key')));
    await state.manager.sync(true);
    expect(state.manager.listConnectors().map(({ id }) => id)).toEqual(['a']);
  });

  it('sync() still rejects older maps after a wrong key was used for a while', async () => {
    const keys = { current: KEY };
    await using state = await inState('fresh', 'closed', { signatureKey: () => keys.current });
    keys.current = 'a wrong one';
    await state.manager.sync(true).catch(() => {});
    keys.current = KEY;
    state.server.serve(signed(mapOf([entry('old')], { generatedAt: new Date(NOW - 1).toISOString() })));
    await state.manager.sync(true).catch(() => {});
    expect(state.manager.status().serviceMap).toMatchObject({ lastError: { code: 'MAP_ROLLED_BACK' }, revision: 1 });
  });

  it('sync() does not wait for a running refresh while the map is fresh', async () => {
    await using state = await inState('fresh', 'closed');
    state.server.answer(() => {});
    const refresh = state.manager.sync(true).catch(() => {});
    await state.manager.sync(false);
    await state.manager.close();
    await refresh;
  });

  it('sync() works again after the map server has sent long error pages', async () => {
    await using state = await inState('fresh', 'closed', { offload: 'always', timeoutMs: 500 });
    state.server.answer((_, response) => response.writeHead(503).end(Buffer.alloc(500_000)));
    await state.manager.sync(true);
    await state.manager.sync(true);
    state.server.serve(
      signed(mapOf([entry('a', { status: 'disabled' })], { generatedAt: new Date(NOW + 1).toISOString() })),
    );
    await state.manager.sync(true);
    expect(state.manager.status().serviceMap).toMatchObject({ revision: 2, lastError: null });
  });

  it('sync() keeps the current map while the server offers an older, forged or expired map', async () => {
    await using state = await inState('fresh', 'closed');
    const older = mapOf([entry('old')], { generatedAt: new Date(NOW - 1).toISOString() });
    const expired = mapOf([entry('expired')], { generatedAt: new Date(NOW).toISOString(), ttlSeconds: 1 });
    state.clock.at += 2_000;
    for (const [bad, code] of [
      [signed(older), 'MAP_ROLLED_BACK'],
      [signed(mapOf([entry('forged')]), 'x'), 'MAP_SIGNATURE_MISMATCH'],
      [signed(expired), 'MAP_EXPIRED'],
    ] as const) {
      state.server.serve(bad);
      await state.manager.sync(true).catch(() => {});
      expect(state.manager.status().serviceMap).toMatchObject({ lastError: { code }, revision: 1 });
    }
    expect(state.manager.listConnectors()).toEqual([]);
  });

  it('sync() logs a warning for two different maps with the same `generatedAt`, and uses the second map', async () => {
    const logger = recordingLogger();
    await using state = await inState('fresh', 'closed', { logger });
    state.server.serve(signed(mapOf([entry('a', { status: 'disabled' })])));
    await state.manager.sync(true);
    expect(state.manager.listConnectors()).toHaveLength(1);
    expect(logger.lines.map(({ fields }) => fields.event)).toContain('map-equivocated');
  });
});
