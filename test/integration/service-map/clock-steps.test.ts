import { afterEach, describe, expect, it, vi } from 'vitest';
import { MapServer } from '../../helpers/map-server.ts';
import { TestMcpServer } from '../../helpers/mcp-server.ts';
import { remembering } from '../../helpers/remembering-manager.ts';
import { entry, mapOf, signed } from '../../helpers/signed-map.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a wall clock that jumps', () => {
  it.each([
    ['forward', 3_600_000, 'MAP_ROLLED_BACK'],
    ['back', -3_600_000, 'MAP_FROM_FUTURE'],
  ])(
    'a jump of the wall clock by an hour (%s) changes no connector, and no older map is accepted',
    async (_, stepMs, code) => {
      const startedAt = Date.now();
      const mapAt = (generatedAtMs: number, ids: readonly string[]) =>
        signed(
          mapOf(
            ids.map((id) => entry(id, { endpoint: connector.url })),
            { generatedAt: new Date(generatedAtMs).toISOString(), ttlSeconds: 7_200 },
          ),
        );
      await using connector = await TestMcpServer.start(
        (server) => void server.registerTool('t', {}, () => ({ content: [] })),
      );
      await using server = await MapServer.start(mapAt(startedAt, ['a', 'b']));
      using dir = new TempDir();
      await using manager = remembering(server.url, dir.path, { pinTools: 'quarantine' });
      await manager.sync();
      const told: unknown[] = [];
      manager.on('snapshot', (snapshot) => told.push(snapshot));
      manager.on('connector', (transition) => told.push(transition));
      manager.on('tools', (tools) => told.push(tools));
      vi.spyOn(Date, 'now').mockImplementation(() => Math.floor(performance.timeOrigin + performance.now()) + stepMs);
      for (let round = 0; round < 2; round += 1) await manager.sync(true);
      expect(manager.status()).toMatchObject({ serviceMap: { freshness: 'fresh', lastError: null }, toolCount: 2 });
      await expect(manager.callTool('a.t')).resolves.toMatchObject({ content: [] });
      // This map is older than the accepted map, whichever clock is used.
      server.serve(mapAt(startedAt - 1_000, ['a']));
      await manager.sync(true).catch(() => {});
      expect([manager.status().serviceMap.lastError?.code, told]).toEqual([code, []]);
      vi.restoreAllMocks();
      server.serve(mapAt(startedAt + 1_000, ['a']));
      await manager.sync(true);
      expect(manager.status()).toMatchObject({ serviceMap: { lastError: null }, toolCount: 1, changedTools: [] });
    },
  );
});
