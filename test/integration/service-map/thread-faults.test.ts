import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConnectorProxyManager, getConnectorMetricsRegistry } from '../../../src/main/index.ts';
import { LoadPool } from '../../../src/main/service-map/loading/load-pool.ts';
import { eventually } from '../../helpers/eventually.ts';
import { loadTask } from '../../helpers/load-task.ts';
import { recordingLogger } from '../../helpers/log.ts';
import { manage } from '../../helpers/manager.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { NpmServers } from '../../helpers/npm-servers.ts';
import { entry, KEY, mapOf, signed } from '../../helpers/signed-map.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const fixture = (name: string): URL => new URL(`../../fixtures/tasks/${name}.ts`, import.meta.url);

async function codeOfRun(pool: LoadPool): Promise<string> {
  const outcome = await pool.run(loadTask(), { signal: new AbortController().signal, deadlineMs: 5_000 });
  return outcome.kind === 'failed' ? outcome.error.code : outcome.kind;
}

async function threadsLost(): Promise<number> {
  const metric = getConnectorMetricsRegistry().getSingleMetric('mcp_worker_threads_lost_total');
  return (await metric?.get())?.values[0]?.value ?? 0;
}

/** Blocks the event loop, like heavy work of the host. */
function blockLoop(ms: number): void {
  const endsAt = performance.now() + ms;
  while (performance.now() < endsAt);
}

describe('worker threads that die one after the other', () => {
  it('after five worker threads died in a row, no new worker thread is started for a minute', async () => {
    let elapsedMs = 0;
    const logger = recordingLogger();
    const pool = new LoadPool({ taskUrl: fixture('exits'), logger, elapsedMs: () => elapsedMs });
    const before = await threadsLost();
    const codes: string[] = [];
    for (let run = 0; run < 6; run += 1) codes.push(await codeOfRun(pool));
    expect(codes).toEqual([...Array(5).fill('WORKER_LOST'), 'WORKER_CRASH_LOOP']);
    expect([(await threadsLost()) - before, logger.lines.map(({ fields }) => fields.code)]).toEqual([
      5,
      Array(5).fill('WORKER_LOST'),
    ]);
    elapsedMs = 60_001;
    expect(await codeOfRun(pool)).toBe('WORKER_LOST');
    await pool.close();
  });

  it('worker threads that die between loads also count towards the five deaths that cause a pause', async () => {
    const logger = recordingLogger();
    const pool = new LoadPool({ taskUrl: fixture('dies-when-idle'), logger });
    pool.boot();
    await eventually('five threads are lost', () => {
      pool.boot();
      return logger.lines.length >= 5;
    });
    expect(logger.lines[0]).toMatchObject({ level: 'warn', fields: { event: 'worker-lost', code: 'WORKER_LOST' } });
    await eventually('no thread is started any more', async () => (await codeOfRun(pool)) === 'WORKER_CRASH_LOOP');
    await pool.close();
  });
});

describe('a worker thread that is stuck in a system call', () => {
  it('a worker thread that is stuck in a system call fails its load, and does not keep the process alive', async () => {
    using dir = new TempDir();
    const fifo = join(dir.path, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const program = fileURLToPath(new URL('../../fixtures/programs/stuck-host.ts', import.meta.url));
    const child = spawn(process.execPath, [program], { env: { ...process.env, FIFO: fifo } });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => {
      stdout += data.toString();
    });
    child.stderr.on('data', (data: Buffer) => {
      stderr += data.toString();
    });
    const [, signal] = await once(child, 'close');
    expect([signal, stdout.trim().split('\n')]).toEqual([
      'SIGKILL',
      ['WORKER_LOST', expect.stringContaining('"code":"WORKER_STUCK"'), 'closed'],
    ]);
    expect(stderr).toMatch(/^mcp-switchyard: WORKER_STUCK: .*\n$/);
  });
});

describe('a worker thread that is ended while it loads its code', () => {
  it('the task file is loaded without a CommonJS wrapper object, so that a worker thread can be ended meanwhile', () => {
    // Node 26 aborts the process if a thread is ended while Node builds that object. With an empty file, this happens
    // once in some hundred tries. With this file it is so rare that a test cannot wait for it.
    const script =
      'const [, file] = process.argv; import(file).then((it) => process.exit(it === require(file) ? 0 : 3))';
    const { status } = spawnSync(process.execPath, ['-e', script, fileURLToPath(new LoadPool().taskUrl)]);
    expect(status).toBe(0);
  });
});

describe('buffers outside of the heap limit', () => {
  it('a worker stops reading an endless map once the body exceeds the maximum map size', async () => {
    await using server = await MapServer.start();
    let sent = 0;
    let open = 0;
    server.answer((_, response) => {
      let isOver = false;
      open += 1;
      const chunk = Buffer.alloc(256 * 1024, 0x20);
      const send = (): void => {
        while (!isOver && response.write(chunk)) sent += chunk.length;
        sent += chunk.length;
      };
      response.on('drain', send).on('close', () => {
        isOver = true;
        open -= 1;
      });
      response.writeHead(200);
      send();
    });
    await using manager = new ConnectorProxyManager({
      serviceMapUrl: server.url,
      signatureKey: KEY,
      offload: 'always',
      maxMapBytes: 2 * 1024 * 1024,
      sleep: () => Promise.resolve(),
      featureFlags: { asyncRefresh: false, refreshIntervalMs: 1_000 },
    });
    await expect(manager.sync()).rejects.toMatchObject({ code: 'MAP_TOO_LARGE' });
    await eventually('the connections are given up', () => open === 0);
    expect(sent).toBeLessThan(3 * 32 * 1024 * 1024);
  });
});

describe('an event loop that was blocked past the deadline', () => {
  it('a response that arrived while the event loop was blocked past the deadline is accepted', async () => {
    using servers = new NpmServers();
    const endpoint = await servers.everythingOverHttp();
    await using managed = await manage([entry('real', { endpoint })], { syncDeadlineMs: 10_000 });
    await managed.manager.sync();
    const call = managed.manager.callTool(
      'real.trigger-long-running-operation',
      { duration: 0.2, steps: 1 },
      { timeoutMs: 400 },
    );
    // The request is sent in the first turns of the event loop, and the response arrives while the loop is blocked.
    // After that, timers run before sockets are read.
    await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise<void>((resolve) => {
      setImmediate(() => {
        blockLoop(1_500);
        resolve();
      });
    });
    await expect(call).resolves.toMatchObject({ content: [{ text: expect.stringContaining('completed') }] });
  });

  it('a request without any response still times out after the event loop was blocked past the deadline', async () => {
    await using server = await MapServer.start();
    server.answer(() => {});
    await using manager = new ConnectorProxyManager({
      serviceMapUrl: server.url,
      signatureKey: KEY,
      timeoutMs: 200,
      sleep: () => Promise.resolve(),
      featureFlags: { asyncRefresh: false, refreshIntervalMs: 1_000 },
    });
    const sync = manager.sync();
    await eventually('it has asked', () => server.requests.length > 0);
    blockLoop(600);
    await expect(sync).rejects.toMatchObject({ code: 'MAP_TIMEOUT' });
  });
});

describe('a wall clock that jumps', () => {
  it('a jump of the wall clock changes only whether a map has expired, and an open circuit stays open', async () => {
    const startedAt = Date.now();
    const body = signed(
      mapOf([entry('a', { status: 'disabled' })], { generatedAt: new Date(startedAt).toISOString() }),
    );
    await using server = await MapServer.start(body);
    await using manager = new ConnectorProxyManager({
      serviceMapUrl: server.url,
      signatureKey: KEY,
      sleep: () => Promise.resolve(),
      featureFlags: { asyncRefresh: false, refreshIntervalMs: 1_000 },
    });
    await manager.sync();
    server.fail();
    for (let refresh = 0; refresh < 3; refresh += 1) await manager.sync(true).catch(() => {});
    expect(manager.status().serviceMap).toMatchObject({ circuit: 'open', freshness: 'fresh' });
    const now = vi.spyOn(Date, 'now').mockReturnValue(startedAt + 3_700_000);
    expect(manager.status().serviceMap).toMatchObject({ circuit: 'open', freshness: 'stale' });
    now.mockReturnValue(startedAt - 3_600_000);
    expect(manager.status().serviceMap).toMatchObject({ circuit: 'open', freshness: 'fresh' });
    expect(manager.listConnectors()).toHaveLength(1);
  });
});

describe('an unhandled rejection in the host', () => {
  it('an unhandled rejection in a host still ends the process, because the package catches no errors of the host', async () => {
    const program = 'await import(process.argv[1]); Promise.reject(new Error("of the host"));';
    const index = new URL('../../../src/main/index.ts', import.meta.url).href;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, index]);
    let stderr = '';
    child.stderr.on('data', (data: Buffer) => {
      stderr += data.toString();
    });
    const [code] = await once(child, 'close');
    expect([code, stderr]).toEqual([1, expect.stringContaining('of the host')]);
  });
});
