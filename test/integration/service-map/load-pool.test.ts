import { afterEach, describe, expect, it } from 'vitest';
import type { LoadOutcome } from '../../../src/main/service-map/loading/collect-load.ts';
import { LoadPool, type LoadPoolOptions } from '../../../src/main/service-map/loading/load-pool.ts';
import { SwitchyardError } from '../../../src/shared/errors.ts';
import type { LoadTask } from '../../../src/shared/protocol/thread-messages.ts';
import { eventually } from '../../helpers/eventually.ts';
import { given, loadTask } from '../../helpers/load-task.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { entry, mapOf, signed } from '../../helpers/signed-map.ts';

const pools: LoadPool[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

function poolOf(options: LoadPoolOptions = {}): LoadPool {
  const pool = new LoadPool(options);
  pools.push(pool);
  return pool;
}

const fixture = (name: string): URL => new URL(`../../fixtures/tasks/${name}.ts`, import.meta.url);

const taskFor = (url: string, overrides: Partial<LoadTask> = {}): LoadTask =>
  loadTask({ request: { ...loadTask().request, url }, ...overrides });

const run = (
  pool: LoadPool,
  task: LoadTask,
  deadlineMs = 5_000,
  signal = new AbortController().signal,
): Promise<LoadOutcome> => pool.run(task, { signal, deadlineMs });

const codeOf = (outcome: LoadOutcome): string => (outcome.kind === 'failed' ? outcome.error.code : outcome.kind);

describe('a load on a worker thread', () => {
  it('a load on a worker thread fetches, verifies and streams a map', async () => {
    await using server = await MapServer.start(signed(mapOf(Array.from({ length: 500 }, (_, i) => entry(`c${i}`)))));
    const outcome = await run(poolOf(), taskFor(server.url));
    if (outcome.kind !== 'loaded') throw new Error(codeOf(outcome));
    expect(outcome.sent.refs.size).toBe(500);
    expect(outcome.commit.report.thread).toMatch(/^worker-\d+$/);
    expect(outcome.commit.etag).toMatch(/^"/);
    for (const phase of ['fetch', 'parse', 'verify', 'validate'] as const)
      expect(outcome.commit.report.phases[phase]).toBeGreaterThan(0);
  });

  it('a load on a worker thread sends only changed entries if it gets the digests of the previous map', async () => {
    const entries = Array.from({ length: 200 }, (_, i) => entry(`c${i}`));
    await using server = await MapServer.start(signed(mapOf(entries)));
    const pool = poolOf();
    const first = await run(pool, taskFor(server.url));
    if (first.kind !== 'loaded') throw new Error(codeOf(first));
    const { bodySha256, digests, expiresAtMs } = first.commit;
    const known = { bodySha256, digests, expiresAtMs };
    server.serve(signed(mapOf([...entries.slice(1, 199), entry('c199', { name: 'other' }), entry('new')])));
    const second = await run(pool, taskFor(server.url, { known }));
    if (second.kind !== 'loaded') throw new Error(codeOf(second));
    expect([...second.sent.refs.keys()]).toEqual(['c199', 'new']);
    expect(second.commit.delta).toEqual({ added: ['new'], changed: ['c199'], removed: ['c0'], unchangedCount: 198 });
    expect(known.digests.digests.byteLength).toBeGreaterThan(0);
  });

  it('a load on a worker thread reuses the connection of the previous load', async () => {
    await using server = await MapServer.start(signed(mapOf([])));
    const pool = poolOf();
    await run(pool, taskFor(server.url));
    await run(pool, taskFor(server.url));
    const ports = server.requests.map((request) => request.socket.remotePort);
    expect([ports.length, new Set(ports).size]).toEqual([2, 1]);
  });

  it('a worker thread rejects a load that uses another version of the thread protocol', async () => {
    const outcome = await run(poolOf(), taskFor('http://127.0.0.1:9/', { version: 99 }));
    expect(codeOf(outcome)).toBe('PROTOCOL_MISMATCH');
  });

  it('a load that is cancelled on a worker thread ends soon with the reason, and the thread can run further loads', async () => {
    await using server = await MapServer.start();
    server.answer(() => {});
    const pool = poolOf();
    const first = await run(pool, loadTask({ given: given(signed(mapOf([]))) }));
    const controller = new AbortController();
    const outcome = run(pool, taskFor(server.url), 30_000, controller.signal);
    await eventually('the worker has asked for the map', () => server.requests.length === 1);
    controller.abort(new SwitchyardError('CLOSED', 'over'));
    expect(codeOf(await outcome)).toBe('CLOSED');
    server.serve(signed(mapOf([])));
    const next = await run(pool, taskFor(server.url));
    if (first.kind !== 'loaded' || next.kind !== 'loaded') throw new Error(`${codeOf(first)} ${codeOf(next)}`);
    expect(next.commit.report.thread).toBe(first.commit.report.thread);
  });

  it('a load that was cancelled before its start ends with the reason of the cancellation', async () => {
    const signal = AbortSignal.abort(new SwitchyardError('CLOSED', 'over'));
    expect(codeOf(await run(poolOf(), taskFor('http://127.0.0.1:9/'), 5_000, signal))).toBe('CLOSED');
  });
});

describe('a worker thread', () => {
  it.each([
    ['throws', 'thrown in the thread'],
    ['exits', 'worker'],
    ['says-nothing', 'returned without a final event'],
  ])('a load fails with WORKER_LOST if its worker thread fails (fixture "%s")', async (name, message) => {
    const outcome = await run(poolOf({ taskUrl: fixture(name) }), taskFor('http://127.0.0.1:9/'));
    if (outcome.kind !== 'failed') throw new Error(outcome.kind);
    expect(outcome.error.code).toBe('WORKER_LOST');
    expect(outcome.error.message).toContain(message);
  });

  it('a worker thread in an endless loop is killed at the deadline and replaced', async () => {
    const pool = poolOf({ taskUrl: fixture('spins'), graceMs: 50 });
    const outcome = await run(pool, taskFor('http://127.0.0.1:9/'), 500);
    if (outcome.kind !== 'failed') throw new Error(outcome.kind);
    expect(outcome.error).toMatchObject({
      code: 'WORKER_LOST',
      message: expect.stringContaining('no answer within 500 ms'),
    });
    expect(codeOf(await run(pool, taskFor('http://127.0.0.1:9/'), 500))).toBe('WORKER_LOST');
  });

  it('a worker thread that runs out of memory makes only its own load fail', async () => {
    const pool = poolOf({ taskUrl: fixture('eats-memory'), maxHeapMb: 32 });
    const outcome = await run(pool, taskFor('http://127.0.0.1:9/'), 20_000);
    if (outcome.kind !== 'failed') throw new Error(outcome.kind);
    expect(outcome.error).toMatchObject({ code: 'WORKER_LOST', message: expect.stringContaining('memory') });
  });

  it('a load fails with WORKER_LOST if the file of the worker thread is missing', async () => {
    expect(codeOf(await run(poolOf({ taskUrl: fixture('missing') }), taskFor('http://127.0.0.1:9/'), 1_000))).toBe(
      'WORKER_LOST',
    );
  });
});

describe('the load pool', () => {
  it('closing the load pool ends running loads, and a pool can be closed before it is used', async () => {
    await poolOf().close();
    const pool = poolOf({ taskUrl: fixture('spins') });
    const outcome = run(pool, taskFor('http://127.0.0.1:9/'), 30_000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await pool.close();
    expect(codeOf(await outcome)).toBe('WORKER_LOST');
  });

  it('the load pool rejects a load when its queue is full', async () => {
    const pool = poolOf({ taskUrl: fixture('spins'), graceMs: 20 });
    const outcomes = Array.from({ length: 1_030 }, () => run(pool, taskFor('http://127.0.0.1:9/'), 700).then(codeOf));
    expect(await Promise.race(outcomes)).toBe('WORKER_QUEUE_FULL');
    await pool.close();
    await Promise.all(outcomes);
  });
});
