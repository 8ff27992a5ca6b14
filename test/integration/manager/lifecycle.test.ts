import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ConnectorProxyManager } from '../../../src/main/index.ts';
import { eventually } from '../../helpers/eventually.ts';
import { manage } from '../../helpers/manager.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { TestMcpServer } from '../../helpers/mcp-server.ts';
import { entry, type Json, KEY, mapOf, signed } from '../../helpers/signed-map.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const current = (connectors: readonly Json[]): Uint8Array =>
  signed(mapOf(connectors, { generatedAt: new Date().toISOString() }));

describe('a manager', () => {
  it('answers before its first sync', async () => {
    await using map = await manage([entry('a')]);
    expect([map.manager.listConnectors(), map.manager.listTools(), map.manager.connector('a')]).toEqual([
      [],
      [],
      undefined,
    ]);
    expect(map.manager.status()).toMatchObject({
      serviceMap: { freshness: 'none', revision: 0, generatedAt: null },
      connectors: [],
      toolCount: 0,
    });
    await expect(map.manager.callTool('a.b')).rejects.toMatchObject({ code: 'TOOL_UNKNOWN' });
  });

  it('tells of maps, connectors and tools as they change', async () => {
    await using server = await TestMcpServer.start((it) => void it.registerTool('t', {}, () => ({ content: [] })));
    await using map = await manage([entry('a', { endpoint: server.url })]);
    const told: unknown[] = [];
    map.manager.on('snapshot', ({ revision, added }) => void told.push(['snapshot', revision, added]));
    map.manager.on('connector', ({ connectorId, from, to }) => void told.push([connectorId, from, to]));
    map.manager.on('tools', ({ added, removed }) => void told.push(['tools', added, removed]));
    await map.manager.sync();
    await map.publish([]);
    expect(told).toEqual([
      ['snapshot', 1, ['a']],
      ['a', 'disabled', 'connecting'],
      ['tools', ['a.t'], []],
      ['a', 'connecting', 'ready'],
      ['a', 'ready', 'closing'],
      ['tools', [], ['a.t']],
      ['snapshot', 2, []],
    ]);
  });

  it('loads on main first and on a thread from then on', async () => {
    await using map = await manage([entry('a', { status: 'disabled' })]);
    await map.manager.sync();
    await map.publish([]);
    expect(map.manager.status().loads.map(({ thread }) => thread.replace(/\d+$/, 'N'))).toEqual(['main', 'worker-N']);
  });

  it('hands a large first map to a thread as bytes', async () => {
    const many = Array.from({ length: 800 }, (_, i) => entry(`c${i}`, { status: 'disabled' }));
    await using map = await manage(many);
    await map.manager.sync();
    expect(map.manager.status().loads[0]?.thread).toMatch(/^worker-/);
    expect(map.manager.status().connectors).toHaveLength(800);
  });

  it.each(['always', 'never'] as const)('with offload %s loads where it is told to', async (offload) => {
    await using map = await manage([], { offload });
    await map.manager.sync();
    await map.manager.sync(true);
    const isMain = map.manager.status().loads.map(({ thread }) => thread === 'main');
    expect(isMain).toEqual(offload === 'never' ? [true, true] : [false, false]);
  });

  it("fetches with the caller's fetch on main and proves on a thread", async () => {
    const bodies = [current([entry('a', { status: 'disabled' })]), current([])];
    const fetchImpl = (async () => new Response(bodies.shift())) as typeof fetch;
    await using map = await manage([], { serviceMapUrl: 'http://map.invalid/', fetchImpl, offload: 'always' });
    await map.manager.sync();
    expect([map.manager.status().loads[0]?.thread.startsWith('worker-'), map.manager.listConnectors().length]).toEqual([
      true,
      1,
    ]);
  });

  it('refreshes in the background', async () => {
    await using map = await manage([], { featureFlags: { asyncRefresh: true, refreshIntervalMs: 100 } });
    await map.manager.sync();
    await eventually('it has asked three times', () => map.server.requests.length > 2);
  });
});

describe('closing', () => {
  it('is idempotent, whatever it is called', async () => {
    const map = await manage([]);
    await map.manager.sync();
    await Promise.all([map.manager.close(), map.manager.disconnect(), map.manager[Symbol.asyncDispose]()]);
    await expect(map.manager.sync()).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(map.manager.callTool('a.b')).rejects.toMatchObject({ code: 'CLOSED' });
    expect(map.manager.status().isClosed).toBe(true);
    await map[Symbol.asyncDispose]();
  });

  it('before anything was asked is fine', async () => {
    await (await manage([]))[Symbol.asyncDispose]();
  });

  it('while the map is awaited rejects sync at once', async () => {
    await using server = await MapServer.start();
    server.answer(() => {});
    await using manager = new ConnectorProxyManager({
      serviceMapUrl: server.url,
      signatureKey: KEY,
      offload: 'always',
    });
    const synced = manager.sync();
    synced.catch(() => {});
    await sleep(50);
    await manager.close();
    await expect(synced).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it.each(['signatureKey', 'connectorsApiKey'] as const)('while %s is awaited settles everything', async (name) => {
    const one = entry('a', { auth: { type: 'bearer' } });
    const map = await manage([one], { [name]: () => new Promise<string>(() => {}) });
    const synced = map.manager.sync();
    synced.catch(() => {});
    await sleep(50);
    await map[Symbol.asyncDispose]();
    await expect(synced).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('while connectors come up rejects sync, and nothing starts afterwards', async () => {
    await using hanging = await MapServer.start();
    hanging.answer(() => {});
    const many = Array.from({ length: 40 }, (_, i) => entry(`c${i}`, { endpoint: hanging.url }));
    await using map = await manage(many);
    const synced = map.manager.sync();
    synced.catch(() => {});
    while (hanging.requests.length < 4) await sleep(5);
    await map.manager.close();
    await expect(synced).rejects.toMatchObject({ code: 'CLOSED' });
    const asked = hanging.requests.length;
    await sleep(100);
    expect(hanging.requests.length).toBe(asked);
  });

  it('at any moment settles everything', async () => {
    using dir = new TempDir();
    await using server = await TestMcpServer.startWithSessions(
      (it) => void it.registerTool('t', {}, () => new Promise(() => {})),
    );
    for (let delayMs = 0; delayMs <= 120; delayMs += 10) {
      await using map = await manage([entry('a', { endpoint: server.url }), entry('b', { endpoint: server.url })], {
        stateDir: dir.path,
      });
      const work = Promise.allSettled([
        map.manager.sync(),
        map.manager.sync(true).then(() => map.manager.callTool('a.t')),
      ]);
      await sleep(delayMs);
      await map.manager.close();
      for (const outcome of await work) {
        if (outcome.status === 'rejected')
          expect(['CLOSED', 'CONNECTOR_GONE', 'TOOL_UNKNOWN']).toContain(outcome.reason.code);
      }
    }
    expect(server.sessions.size).toBe(0);
  });
});

describe('a host that has nothing more to do', () => {
  it('ends by itself, though pool, writer and scheduler are still there', async () => {
    using dir = new TempDir();
    await using server = await MapServer.start(current([]));
    const program = fileURLToPath(new URL('../../fixtures/programs/idle-host.ts', import.meta.url));
    const child = spawn(process.execPath, [program, server.url, KEY, dir.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
    });
    const code = await new Promise((resolve) => child.once('exit', resolve));
    expect([code, JSON.parse(output).length]).toEqual([0, 2]);
  });
});
