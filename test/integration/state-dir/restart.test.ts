import { hash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { ConnectorProxyManager } from '../../../src/main/index.ts';
import { WriterClient } from '../../../src/main/writer/writer-client.ts';
import { SOURCES } from '../../../src/workers/tables/schema.ts';
import { addSealFunction, sealExpression } from '../../../src/workers/tables/seal.ts';
import { eventually } from '../../helpers/eventually.ts';
import { secret } from '../../helpers/evidence.ts';
import { recordingLogger } from '../../helpers/log.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { entry, type Json, KEY, mapOf, NOW, signed } from '../../helpers/signed-map.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const off = (id: string): Json => entry(id, { status: 'disabled' });

function start(serviceMapUrl: string, stateDir: string, nowMs = NOW) {
  const logger = recordingLogger();
  const manager = new ConnectorProxyManager({
    serviceMapUrl,
    signatureKey: KEY,
    stateDir,
    logger,
    now: () => nowMs,
    sleep: async () => {},
    featureFlags: { asyncRefresh: false, refreshIntervalMs: 1 },
  });
  return Object.assign(manager, { events: () => logger.lines.map(({ fields }) => fields.event) });
}

/** Runs a manager for one sync, so that the next manager starts with the state that this manager stored. */
async function runOnce(serviceMapUrl: string, stateDir: string): Promise<void> {
  await using manager = start(serviceMapUrl, stateDir);
  await manager.sync();
}

/** Removes the start image, so that the next start reads the store. */
function removeStartImage(stateDir: string): void {
  for (const file of readdirSync(stateDir)) if (file.endsWith('.img')) rmSync(join(stateDir, file));
}

describe('a restart', () => {
  it('after a restart, a host refuses a map that is older than a map accepted before the restart', async () => {
    using dir = new TempDir();
    await using server = await MapServer.start(signed(mapOf([off('new')])));
    await runOnce(server.url, dir.path);

    server.serve(signed(mapOf([off('old')], { generatedAt: new Date(NOW - 1_000).toISOString() })));
    await using after = start(server.url, dir.path);
    await after.sync();
    expect(after.status().serviceMap).toMatchObject({ freshness: 'stale', lastError: { code: 'MAP_ROLLED_BACK' } });
    expect(after.listConnectors().map(({ id }) => id)).toEqual(['new']);
  });

  it('after a restart, a host verifies the stored map again and serves it while the server is down', async () => {
    using dir = new TempDir();
    await using server = await MapServer.start(signed(mapOf([off('a')])));
    await runOnce(server.url, dir.path);

    server.fail();
    const muchLater = NOW + 90 * 86_400_000;
    await using after = start(server.url, dir.path, muchLater);
    await after.sync();
    expect(after.status()).toMatchObject({ serviceMap: { freshness: 'stale', revision: 1 }, store: { kind: 'ready' } });
    expect(after.listConnectors().map(({ id }) => id)).toEqual(['a']);
  });

  it('after a restart, a host sends the stored ETag, and keeps the stored map when the answer is 304', async () => {
    using dir = new TempDir();
    await using server = await MapServer.start(signed(mapOf([off('a')])));
    await runOnce(server.url, dir.path);
    await using after = start(server.url, dir.path);
    await after.sync();
    expect(server.requests.at(-1)?.headers['if-none-match']).toMatch(/^"/);
    expect(after.status().serviceMap).toMatchObject({ freshness: 'fresh', revision: 1, connectorCount: 1 });
  });

  it('after a restart, a host fetches the whole map when the signature of the stored map is wrong', async () => {
    using dir = new TempDir();
    await using server = await MapServer.start(signed(mapOf([off('a')])));
    await runOnce(server.url, dir.path);
    removeStartImage(dir.path);
    const forged = signed(mapOf([off('forged')]), secret('another key'));
    const vandal = new DatabaseSync(join(dir.path, 'switchyard.db'));
    addSealFunction(vandal);
    vandal.prepare('UPDATE source SET body = ?, body_sha256 = ?').run(forged, hash('sha256', forged));
    vandal.exec(`UPDATE source SET seal = ${sealExpression(SOURCES)}`);
    vandal.close();

    await using after = start(server.url, dir.path);
    await after.sync();
    expect(server.requests.at(-1)?.headers['if-none-match']).toBeUndefined();
    expect(after.listConnectors().map(({ id }) => id)).toEqual(['a']);
    expect(after.events()).toContain('stored-map-refused');
  });

  it('after a restart, a host logs that its stored map is damaged, and fetches the whole map', async () => {
    using dir = new TempDir();
    await using server = await MapServer.start(signed(mapOf([off('a')])));
    await runOnce(server.url, dir.path);
    const vandal = new DatabaseSync(join(dir.path, 'switchyard.db'));
    vandal.exec("UPDATE source SET body = x'00'");
    vandal.close();
    await using after = start(server.url, dir.path);
    await after.sync();
    expect(after.events()).toContain('store-damaged');
    expect(after.status().serviceMap.freshness).toBe('fresh');
  });

  it('after a restart, a host still waits until a mass removal is confirmed', async () => {
    using dir = new TempDir();
    const all = ['a', 'b', 'c', 'd', 'e'].map(off);
    await using server = await MapServer.start(signed(mapOf(all)));
    {
      await using first = start(server.url, dir.path);
      await first.sync();
      server.serve(signed(mapOf([off('a')], { generatedAt: new Date(NOW + 1).toISOString() })));
      await first.sync(true);
      expect(first.status().serviceMap.heldRemovals).toHaveLength(4);
    }
    server.fail();
    await using second = start(server.url, dir.path);
    await second.sync();
    expect(second.listConnectors()).toHaveLength(5);
  });
});

describe('a state folder', () => {
  it('a host can write its state folder even if its clock returns fractions of a millisecond', async () => {
    using dir = new TempDir();
    await using server = await MapServer.start(signed(mapOf([off('a')])));
    {
      await using manager = start(server.url, dir.path, NOW + 0.25);
      await manager.sync();
      expect(manager.status().store.kind).toBe('ready');
      expect(manager.events()).not.toContain('store-failed');
    }
    server.fail();
    await using after = start(server.url, dir.path);
    await after.sync();
    expect(after.listConnectors().map(({ id }) => id)).toEqual(['a']);
  });

  it('a host whose state folder cannot be read at the start still rejects older maps once it can be read', async () => {
    using dir = new TempDir();
    await using server = await MapServer.start(signed(mapOf([off('new')])));
    await runOnce(server.url, dir.path);

    const path = join(dir.path, 'switchyard.db');
    removeStartImage(dir.path);
    renameSync(path, `${path}.away`);
    mkdirSync(path);
    server.fail();
    await using after = start(server.url, dir.path);
    await expect(after.sync()).rejects.toMatchObject({ code: 'MAP_HTTP_STATUS' });
    rmdirSync(path);
    renameSync(`${path}.away`, path);
    server.serve(signed(mapOf([off('old')], { generatedAt: new Date(NOW - 1).toISOString() })));
    await after.sync();
    expect(after.status()).toMatchObject({
      serviceMap: { lastError: { code: 'MAP_ROLLED_BACK' } },
      store: { kind: 'ready' },
    });
    expect(after.listConnectors().map(({ id }) => id)).toEqual(['new']);
  });

  it('a manager works without a store if the state folder cannot be created, and logs that once', async () => {
    using dir = new TempDir();
    const file = join(dir.path, 'file');
    writeFileSync(file, '');
    await using server = await MapServer.start(signed(mapOf([off('a')])));
    await using manager = start(server.url, join(file, 'below'));
    await manager.sync();
    await manager.sync(true);
    expect(manager.status()).toMatchObject({
      serviceMap: { freshness: 'fresh' },
      store: { kind: 'failed', code: 'STORE_UNAVAILABLE' },
    });
    expect(manager.events().filter((event) => event === 'store-failed')).toHaveLength(1);
  });

  it('a manager without the option `stateDir` writes no state', async () => {
    using dir = new TempDir();
    chmodSync(dir.path, 0o700);
    await using server = await MapServer.start(signed(mapOf([])));
    await using manager = new ConnectorProxyManager({ serviceMapUrl: server.url, signatureKey: KEY, now: () => NOW });
    await manager.sync();
    expect([manager.status().store, readdirSync(dir.path)]).toEqual([{ kind: 'off' }, []]);
  });
});

describe('WriterClient', () => {
  it('WriterClient rejects all requests that were unanswered when its thread ended', async () => {
    const writer = new WriterClient('/nowhere', {
      workerUrl: new URL('../../fixtures/writer-that-dies.ts', import.meta.url),
    });
    await expect(writer.open()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(writer.readSource('s')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await writer.close();
  });

  it('WriterClient does not wait for a disk that hangs, and recovers once the disk answers', async () => {
    const writer = new WriterClient('/slow', {
      workerUrl: new URL('../../fixtures/writer-that-is-slow.ts', import.meta.url),
      answerTimeoutMs: 150,
    });
    await expect(writer.readSource('s')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(writer.readSource('s')).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('did not answer within 150 ms'),
    });
    await eventually('the overdue answer has come', async () => (await writer.open().catch(() => null)) === 'path');
    await writer.close();
  });

  it('WriterClient can be closed before it was used, and closed twice', async () => {
    using dir = new TempDir();
    await new WriterClient(dir.path).close();
    const writer = new WriterClient(dir.path);
    expect(await writer.open()).toBe(join(dir.path, 'switchyard.db'));
    await writer.close();
    await writer.close();
    await expect(writer.readSource('s')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  it('WriterClient works again once the state folder can be used', async () => {
    using dir = new TempDir();
    const blocked = join(dir.path, 'state');
    writeFileSync(blocked, '');
    const writer = new WriterClient(blocked);
    await expect(writer.readSource('s')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    rmSync(blocked);
    expect(await writer.readSource('s')).toMatchObject({ floorMs: null, map: null, isDamaged: false });
    await writer.close();
  });
});
