import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RegistryMemoryCache, type ServerInfo } from '../../src/main/registry/fs-store.ts';
import { recordingLogger } from '../helpers/log.ts';
import { type FaultCase, Skip } from './case.ts';
import { open } from './check.ts';
import { type Mount, mountImage, mountTmpfs } from './mounts.ts';
import { stateOf } from './workload.ts';
import { World } from './world.ts';

/** Maximum duration of close(): five seconds for pending changes, five for the thread, and a margin. */
const MAX_CLOSE_MS = 11_000;

const server = (name: string, args: string[] = []): ServerInfo => ({ name, transport: 'stdio', command: name, args });

/** Opens a registry on a separate disk in this process, which keeps running whatever the disk does. */
async function openOn(mount: Mount) {
  const registryPath = join(mount.path, 'mcp', 'servers.json');
  const logger = recordingLogger();
  const cache = new RegistryMemoryCache({ registryPath, flushIntervalMs: 50, logger });
  await cache.init();
  await cache.upsert(server('before'));
  await cache.flush();
  return { cache, logger, folder: join(mount.path, 'mcp'), registryPath };
}

async function rejection(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'nothing',
    (error: { code?: string }) => String(error.code),
  );
}

/** Checks that everything in memory becomes durable and is written to the file after the disk has recovered. */
async function assertRecovers({ cache, folder, registryPath }: Awaited<ReturnType<typeof openOn>>): Promise<void> {
  const endsAt = performance.now() + 5_000;
  while ((await rejection(cache.flush())) !== 'nothing') {
    assert.ok(performance.now() < endsAt, 'it does not recover');
    await sleep(100);
  }
  const expected = stateOf(cache.getAll());
  await cache.close();
  const found = open(folder, registryPath);
  assert.deepEqual([stateOf(found.servers), found.notes, found.problems], [expected, [], []]);
}

const full: FaultCase = {
  name: 'the disk is full (a tmpfs of 1 MB)',
  async run() {
    using home = new World();
    using mount = mountTmpfs(home.path, 2 ** 20);
    const registry = await openOn(mount);
    const { cache } = registry;
    let taken = 0;
    let code = 'nothing';
    // Replaced servers need room in the log, like new servers.
    while (code === 'nothing' && taken < 5_000) {
      code = await rejection(cache.upsert(server(`filler-${taken % 40}`, ['x'.repeat(6_000)])));
      taken += 1;
    }
    assert.equal(code, 'STORE_UNAVAILABLE');
    const ballast = join(mount.path, 'ballast');
    const { bavail, bsize } = statfsSync(mount.path);
    if (bavail > 0) writeFileSync(ballast, 'x'.repeat(bavail * bsize));
    assert.equal(await rejection(cache.upsert(server('while full'))), 'STORE_UNAVAILABLE');
    assert.ok(cache.getAll().some(({ name }) => name === 'while full'));
    rmSync(ballast, { force: true });
    mount.remount(`size=${4 * 2 ** 20}`);
    await assertRecovers(registry);
    return `full after ${taken} changes, and well again with more room`;
  },
};

const readOnly: FaultCase = {
  name: 'the disk is read-only (remounted)',
  async run() {
    using home = new World();
    using mount = mountTmpfs(home.path, 2 ** 24);
    const registry = await openOn(mount);
    // The store is closed first, because an open file prevents a read-only remount.
    await registry.cache.close();
    mount.remount('ro');
    const late = new RegistryMemoryCache({ registryPath: registry.registryPath, flushIntervalMs: 50 });
    assert.equal(await rejection(late.init()), 'STORE_UNAVAILABLE');
    assert.equal(await rejection(late.upsert(server('while read-only'))), 'STORE_UNAVAILABLE');
    assert.equal(await rejection(late.flush()), 'STORE_UNAVAILABLE');
    assert.deepEqual(stateOf(late.getAll()), stateOf([server('while read-only')]));
    mount.remount('rw');
    await late.init();
    assert.equal(stateOf(late.getAll()), stateOf([server('before'), server('while read-only')]));
    await assertRecovers({ ...registry, cache: late });
    return 'refused with a code, then well again';
  },
};

const frozen: FaultCase = {
  name: 'the disk hangs (a frozen file system)',
  async run() {
    using home = new World();
    using mount = mountImage(home.path, 'ext4');
    const { cache, logger, folder, registryPath } = await openOn(mount);
    const fsfreeze = (how: string) => spawnSync('fsfreeze', [how, mount.path], { encoding: 'utf8' });
    const { status, error, stderr } = fsfreeze('--freeze');
    if (status !== 0) throw new Skip(`fsfreeze: ${error?.message ?? stderr}`);
    let closedMs: number;
    try {
      const change = rejection(cache.upsert(server('while frozen')));
      const startedMs = performance.now();
      await cache.close();
      closedMs = performance.now() - startedMs;
      assert.ok(closedMs < MAX_CLOSE_MS, `closing took ${closedMs} ms`);
      assert.equal(await change, 'STORE_UNAVAILABLE');
      const events = logger.lines.map(({ fields }) => fields.event);
      assert.ok(events.includes('registry-closed-early'), `only this was said: ${events}`);
    } finally {
      fsfreeze('--unfreeze');
    }
    // In this time, the thread ends and releases the disk.
    await sleep(500);
    const found = open(folder, registryPath);
    const names = found.servers.map(({ name }) => name).filter((name) => name !== 'while frozen');
    assert.deepEqual([names, found.notes], [['before'], []]);
    return `closed after ${Math.round(closedMs)} ms, saying what is lost`;
  },
};

/** Cases without the shim, with disks that reject calls or hang. */
export const diskCases: readonly FaultCase[] = [full, readOnly, frozen];
