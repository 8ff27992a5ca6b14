import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { McpServer } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ConnectorProxyManager, type ToolChange } from '../../../src/main/index.ts';
import { eventually } from '../../helpers/eventually.ts';
import { LocalFile, localServer } from '../../helpers/local-file.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { TestMcpServer } from '../../helpers/mcp-server.ts';
import { remembering } from '../../helpers/remembering-manager.ts';
import { entry, type Json, mapOf, signed } from '../../helpers/signed-map.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const addTool = (server: McpServer, name: string, description = name): void => {
  server.registerTool(name, { description, inputSchema: z.object({}) }, () => ({
    content: [{ type: 'text', text: name }],
  }));
};

const freshMap = (connectors: readonly Json[]): Uint8Array<ArrayBuffer> =>
  signed(mapOf(connectors, { generatedAt: new Date().toISOString() }));

const imageOf = (dir: TempDir): string => {
  const [name] = readdirSync(dir.path).filter((file) => file.endsWith('.img'));
  return join(dir.path, name ?? 'there is no image');
};

/** Creates a state folder in which an earlier manager has stored a map with one connector. */
async function livedOnce(addTools: (server: McpServer) => void = (server) => addTool(server, 'echo')) {
  const dir = new TempDir();
  const connector = await TestMcpServer.start(addTools);
  const maps = await MapServer.start(freshMap([entry('one', { endpoint: connector.url })]));
  {
    await using before = remembering(maps.url, dir.path);
    await before.sync();
  }
  return {
    dir,
    connector,
    maps,
    async [Symbol.asyncDispose]() {
      await maps[Symbol.asyncDispose]();
      await connector[Symbol.asyncDispose]();
      dir[Symbol.dispose]();
    },
  };
}

const never = (): void => {};

describe('a start with a state folder from an earlier run', () => {
  it('after a restart, all tools are listed as stale before any network response, and are then confirmed', async () => {
    await using life = await livedOnce();
    life.maps.answer(never);
    const registered: string[] = [];
    await using after = remembering(life.maps.url, life.dir.path, {
      registry: { registerTool: ({ name }) => void registered.push(name) },
    });
    expect(after.listTools()).toEqual([]);
    await eventually('the tools are listed', () => after.listTools().length === 1);
    expect(after.listTools()[0]).toMatchObject({
      name: 'one.echo',
      isStale: true,
      tags: expect.arrayContaining(['connector:one']),
    });
    expect(registered).toEqual(['one.echo']);
    expect(after.status()).toMatchObject({
      toolCount: 1,
      staleTools: { connectorCount: 1, toolCount: 1, oldestListedAt: expect.any(Number) },
      store: { kind: 'ready', stateDir: life.dir.path },
    });
    // The request of the earlier manager.
    expect(life.maps.requests).toHaveLength(1);

    void after.sync().catch(() => {});
    await eventually('the connector lists them itself', () => after.listTools()[0]?.isStale === false);
    expect(after.status().staleTools).toEqual({ connectorCount: 0, toolCount: 0, oldestListedAt: null });
    expect(after.status().connectors[0]?.tools).toMatchObject({ isStale: false, count: 1 });
  });

  it('after a restart, the first call uses the stored map, and does not wait for the map server', async () => {
    await using life = await livedOnce();
    life.maps.answer(never);
    await using after = remembering(life.maps.url, life.dir.path);
    await eventually('the tools are listed', () => after.listTools().length === 1);
    await expect(after.callTool('one.echo')).resolves.toMatchObject({ content: [{ text: 'echo' }] });
    expect(after.status().serviceMap).toMatchObject({ freshness: 'stale', revision: 1 });
  });

  it('after a restart with `asyncRefresh`, the stored map is refreshed in the background', async () => {
    await using life = await livedOnce();
    await using after = remembering(life.maps.url, life.dir.path, {
      featureFlags: { asyncRefresh: true, refreshIntervalMs: 3_600_000 },
    });
    await eventually('the map is fresh again', () => after.status().serviceMap.freshness === 'fresh');
    await after.ready('all');
    await eventually('the tools are confirmed', () => after.status().staleTools.toolCount === 0);
  });

  it('after a restart, a `tools` event reports all tools that changed while no process ran', async () => {
    const tools = new Map([
      ['echo', 'as it was'],
      ['gone', 'soon'],
    ]);
    await using life = await livedOnce((server) => tools.forEach((text, name) => void addTool(server, name, text)));
    tools.delete('gone');
    tools.set('echo', 'as it is').set('new', 'just now');
    const changes: ToolChange[] = [];
    await using after = remembering(life.maps.url, life.dir.path);
    await eventually('the tools are listed', () => after.listTools().length === 2);
    after.on('tools', (change) => changes.push(change));
    await after.sync();
    expect(changes).toEqual([
      {
        connectorId: 'one',
        added: ['one.new'],
        changed: ['one.echo'],
        removed: ['one.gone'],
        how: { 'one.echo': ['description'] },
      },
    ]);
  });

  it('after a restart, the stored tools of a connector are dropped if a new map names another endpoint for it', async () => {
    await using life = await livedOnce();
    await life.connector[Symbol.asyncDispose]();
    await using after = remembering(life.maps.url, life.dir.path);
    await eventually('the tools are listed', () => after.listTools().length === 1);
    life.maps.serve(freshMap([entry('one', { endpoint: 'http://127.0.0.1:9/elsewhere' })]));
    await after.sync();
    expect(after.listTools()).toEqual([]);
  });

  it('after a restart, tools stay listed while their connector is down, and a call reports that it is down', async () => {
    await using life = await livedOnce();
    await life.connector[Symbol.asyncDispose]();
    await using after = remembering(life.maps.url, life.dir.path);
    await after.sync();
    expect(after.listTools()[0]).toMatchObject({ name: 'one.echo', isStale: true });
    expect(after.status().connectors[0]).toMatchObject({ state: 'backing-off', tools: { isStale: true, count: 1 } });
    await expect(after.callTool('one.echo')).rejects.toMatchObject({ code: 'CONNECTOR_UNAVAILABLE' });
  });

  it('after a restart, a connector that was legacy before is not probed', async () => {
    using dir = new TempDir();
    await using connector = await TestMcpServer.startWithSessions((server) => addTool(server, 'echo'));
    await using maps = await MapServer.start(freshMap([entry('one', { endpoint: connector.url })]));
    const probes = async (): Promise<number> => {
      const before = connector.requests.length;
      await using manager = remembering(maps.url, dir.path);
      await manager.sync();
      const sent = connector.requests.slice(before);
      return sent.filter(({ headers }) => headers['mcp-method'] === 'server/discover').length;
    };
    expect([await probes(), await probes()]).toEqual([1, 0]);
  });

  it('after a restart, a call fails with the reason if there is neither a stored nor a new map', async () => {
    await using life = await livedOnce();
    await using after = remembering(life.maps.url, life.dir.path, { signatureKey: 'another key than before' });
    await eventually('the tools are listed', () => after.listTools().length === 1);
    life.maps.fail(404);
    await expect(after.callTool('one.echo')).rejects.toMatchObject({
      code: 'CONNECTOR_UNAVAILABLE',
      message: expect.stringContaining('404'),
    });
  });

  it.each([
    ['is missing', (path: string) => rmSync(path)],
    ['is truncated', (path: string) => writeFileSync(path, readFileSync(path).subarray(0, -20))],
    [
      'is damaged',
      (path: string) => writeFileSync(path, Buffer.concat([readFileSync(path).subarray(0, 60), Buffer.alloc(900)])),
    ],
    ['belongs to another program', (path: string) => writeFileSync(path, 'x'.repeat(1_000))],
  ])('after a restart, the tools come from the store if the start image %s', async (_, spoil) => {
    await using life = await livedOnce();
    spoil(imageOf(life.dir));
    life.maps.answer(never);
    await using after = remembering(life.maps.url, life.dir.path);
    await eventually('the tools are listed', () => after.listTools().length === 1);
    await expect(after.callTool('one.echo')).resolves.toMatchObject({ content: [{ text: 'echo' }] });
  });

  it('after a restart, the tools of a connector that was removed earlier are forgotten', async () => {
    await using life = await livedOnce();
    life.maps.serve(freshMap([]));
    {
      await using second = remembering(life.maps.url, life.dir.path);
      await second.sync();
    }
    await using third = remembering(life.maps.url, life.dir.path);
    await third.sync();
    expect([third.listTools(), third.lines.filter(({ level }) => level !== 'info')]).toEqual([[], []]);
  });

  it('a manager whose map has another URL does not list the stored tools', async () => {
    await using life = await livedOnce();
    await using other = remembering(`${life.maps.url}?other`, life.dir.path);
    await other.sync();
    expect(other.listTools()[0]?.isStale).toBe(false);
    expect(readdirSync(life.dir.path).filter((file) => file.endsWith('.img'))).toHaveLength(1);
  });

  it('after a restart, the tools of stdio servers are listed too, and the first call starts the server', async () => {
    using file = new LocalFile({ one: localServer(['one']) });
    using dir = new TempDir();
    const start = () =>
      new ConnectorProxyManager({
        configFile: file.path,
        stateDir: dir.path,
        featureFlags: { asyncRefresh: false, refreshIntervalMs: 60_000 },
      });
    {
      await using before = start();
      await before.sync();
    }
    await using after = start();
    await eventually('the tools are listed', () => after.listTools().length === 3);
    expect(after.listTools()[0]).toMatchObject({ name: 'one.die', isStale: true });
    await expect(after.callTool('one.whoami')).resolves.toMatchObject({ content: [{ type: 'text' }] });
  });
});
