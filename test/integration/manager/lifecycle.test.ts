import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ConnectorProxyManager } from '../../../src/main/index.ts';
import { eventually } from '../../helpers/eventually.ts';
import { manage } from '../../helpers/manager.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { TestMcpServer } from '../../helpers/mcp-server.ts';
import { entry, type Json, KEY, mapOf, signed } from '../../helpers/signed-map.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const current = (connectors: readonly Json[]): Uint8Array =>
  signed(mapOf(connectors, { generatedAt: new Date().toISOString() }));

describe('a manager', () => {
  it('a manager returns empty lists before its first sync', async () => {
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

  it('a manager emits an event for each change in the map, in a connector and in its tools', async () => {
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

  it('a manager loads the first map on the main thread and later maps on a worker thread', async () => {
    await using map = await manage([entry('a', { status: 'disabled' })]);
    await map.manager.sync();
    await map.publish([]);
    expect(map.manager.status().loads.map(({ thread }) => thread.replace(/\d+$/, 'N'))).toEqual(['main', 'worker-N']);
  });

  it('a manager verifies a large first map on a worker thread', async () => {
    const many = Array.from({ length: 800 }, (_, i) => entry(`c${i}`, { status: 'disabled' }));
    await using map = await manage(many);
    await map.manager.sync();
    expect(map.manager.status().loads[0]?.thread).toMatch(/^worker-/);
    expect(map.manager.status().connectors).toHaveLength(800);
  });

  it.each(['always', 'never'] as const)(
    'with `offload` "always" every map is loaded on a worker thread, and with "never" on the main thread (%s)',
    async (offload) => {
      await using map = await manage([], { offload });
      await map.manager.sync();
      await map.manager.sync(true);
      const isMain = map.manager.status().loads.map(({ thread }) => thread === 'main');
      expect(isMain).toEqual(offload === 'never' ? [true, true] : [false, false]);
    },
  );

  it('a manager fetches a map with `fetchImpl` on the main thread, and verifies it on a worker thread', async () => {
    const bodies = [current([entry('a', { status: 'disabled' })]), current([])];
    const fetchImpl = (async () => new Response(bodies.shift())) as typeof fetch;
    await using map = await manage([], { serviceMapUrl: 'http://map.invalid/', fetchImpl, offload: 'always' });
    await map.manager.sync();
    expect([map.manager.status().loads[0]?.thread.startsWith('worker-'), map.manager.listConnectors().length]).toEqual([
      true,
      1,
    ]);
  });

  it('a manager refreshes the map in the background', async () => {
    await using map = await manage([], { featureFlags: { asyncRefresh: true, refreshIntervalMs: 100 } });
    await map.manager.sync();
    await eventually('it has asked three times', () => map.server.requests.length > 2);
  });
});

describe('closing a manager', () => {
  it('close(), disconnect() and disposal can be called together, and all close the manager', async () => {
    const map = await manage([]);
    await map.manager.sync();
    await Promise.all([map.manager.close(), map.manager.disconnect(), map.manager[Symbol.asyncDispose]()]);
    await expect(map.manager.sync()).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(map.manager.callTool('a.b')).rejects.toMatchObject({ code: 'CLOSED' });
    expect(map.manager.status().isClosed).toBe(true);
    await map[Symbol.asyncDispose]();
  });

  it('close() succeeds on a manager that was never used', async () => {
    await (await manage([]))[Symbol.asyncDispose]();
  });

  it('close() makes a pending sync() reject immediately while the map is being fetched', async () => {
    await using server = await MapServer.start();
    server.answer(() => {});
    await using manager = new ConnectorProxyManager({
      serviceMapUrl: server.url,
      signatureKey: KEY,
      offload: 'always',
    });
    const synced = manager.sync();
    synced.catch(() => {});
    await eventually('the map is asked for', () => server.requests.length > 0);
    await manager.close();
    await expect(synced).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it.each(['signatureKey', 'connectorsApiKey'] as const)(
    'close() makes a pending sync() reject while the host has not yet provided `%s`',
    async (name) => {
      const one = entry('a', { auth: { type: 'bearer' } });
      const asked = Promise.withResolvers<void>();
      const neverAnswered = (): Promise<string> => {
        asked.resolve();
        return new Promise(() => {});
      };
      const map = await manage([one], { [name]: neverAnswered });
      const synced = map.manager.sync();
      synced.catch(() => {});
      await asked.promise;
      await map[Symbol.asyncDispose]();
      await expect(synced).rejects.toMatchObject({ code: 'CLOSED' });
    },
  );

  it('close() makes a pending sync() reject while connectors come up, and no further connector connects', async () => {
    await using hanging = await MapServer.start();
    hanging.answer(() => {});
    const many = Array.from({ length: 40 }, (_, i) => entry(`c${i}`, { endpoint: hanging.url }));
    await using map = await manage(many);
    const synced = map.manager.sync();
    synced.catch(() => {});
    await eventually('some are being connected', () => hanging.requests.length >= 4);
    await map.manager.close();
    await expect(synced).rejects.toMatchObject({ code: 'CLOSED' });
    const asked = hanging.requests.length;
    // Waits long enough for a waiting connector, which would connect in this time but must not.
    await sleep(100);
    expect(hanging.requests.length).toBe(asked);
  });

  it('close() does not wait for a `sleep` function of the host that never resolves', async () => {
    await using server = await MapServer.start();
    server.fail(500);
    const asleep = Promise.withResolvers<void>();
    const sleepForEver = (): Promise<void> => {
      asleep.resolve();
      return new Promise(() => {});
    };
    await using map = await manage([], { serviceMapUrl: server.url, sleep: sleepForEver });
    const synced = map.manager.sync();
    synced.catch(() => {});
    await asleep.promise;
    await map.manager.close();
    await expect(synced).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('close() settles every pending sync() and call, no matter when during the start it is called', async () => {
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
      // Different fixed delays spread the calls to close() over the whole start.
      await sleep(delayMs);
      await map.manager.close();
      const [synced, called] = await work;
      if (delayMs === 0) expect(synced).toMatchObject({ status: 'rejected', reason: { code: 'CLOSED' } });
      // The tool never answers, so the call is rejected no matter when close() is called.
      expect(called?.status).toBe('rejected');
      for (const outcome of [synced, called]) {
        const code = outcome?.status === 'rejected' ? outcome.reason.code : 'none';
        expect(['none', 'CLOSED', 'CONNECTOR_GONE', 'TOOL_UNKNOWN']).toContain(code);
      }
    }
    expect(server.sessions.size).toBe(0);
  });
});

describe('a host that has nothing more to do', () => {
  it("a host with nothing more to do exits, although its manager and the manager's threads are still open", async () => {
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
