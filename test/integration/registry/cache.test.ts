import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  RegistryMemoryCache,
  type RegistryMemoryCacheOptions,
  type ServerInfo,
} from '../../../src/main/registry/fs-store.ts';
import { eventually } from '../../helpers/eventually.ts';
import { recordingLogger } from '../../helpers/log.ts';
import { killRegistryUsers, startRegistryUser } from '../../helpers/registry-user.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const server = (name: string, more: object = {}): ServerInfo => ({ name, transport: 'stdio', command: name, ...more });
const namesIn = (path: string): string[] =>
  (JSON.parse(readFileSync(path, 'utf8')) as { servers: ServerInfo[] }).servers.map(({ name }) => name);

afterEach(killRegistryUsers);

/** Creates a folder for a registry with the same structure as `$CORTEX_HOME`. */
function world() {
  const dir = new TempDir();
  const path = join(dir.path, 'mcp', 'servers.json');
  mkdirSync(dirname(path));
  return {
    home: dir.path,
    path,
    async open(options: Partial<RegistryMemoryCacheOptions> = {}): Promise<RegistryMemoryCache> {
      const cache = new RegistryMemoryCache({ registryPath: path, ...options });
      await cache.init();
      return cache;
    },
    start: (...args: string[]) => startRegistryUser(dir.path, ...args),
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

describe('the registry', () => {
  it('the registry shows changes immediately, stores them, and writes servers.json on flush() and close()', async () => {
    using it = world();
    const cache = await it.open();
    const durable = cache.upsert(server('a', { unknown: { kept: true } }));
    expect(cache.getAll()).toEqual([server('a', { unknown: { kept: true } })]);
    await durable;
    await cache.upsertMany([server('b'), server('c')]);
    expect([cache.remove('b'), cache.remove('b')]).toEqual([true, false]);
    await cache.flush();
    expect(namesIn(it.path)).toEqual(['a', 'c']);
    void cache.upsert(server('d'));
    await cache.close();
    expect(namesIn(it.path)).toEqual(['a', 'c', 'd']);
    await using again = await it.open();
    expect(again.getAll().map(({ name }) => name)).toEqual(['a', 'c', 'd']);
    await expect(cache.upsert(server('e'))).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('the registry writes servers.json shortly after a change', async () => {
    using it = world();
    await using cache = await it.open({ flushIntervalMs: 50 });
    await cache.upsert(server('a'));
    await eventually('it is in the file', () => {
      try {
        return namesIn(it.path).length === 1;
      } catch {
        return false;
      }
    });
  });

  it('the registry rejects invalid servers, and stores copies of valid servers', async () => {
    using it = world();
    await using cache = await it.open();
    await expect(cache.upsert({ name: 'x' } as never)).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
      message: expect.stringContaining('transport'),
    });
    const env: Record<string, string> = { A: '1' };
    await cache.upsert(server('a', { env }));
    env.A = '2';
    expect(cache.getAll()).toEqual([server('a', { env: { A: '1' } })]);
  });

  it('the registry accepts edits of servers.json, and logs each invalid server in the file', async () => {
    using it = world();
    const logger = recordingLogger();
    await using cache = await it.open({ logger });
    await cache.upsertMany([server('a'), server('b')]);
    await cache.flush();
    writeFileSync(it.path, JSON.stringify({ servers: [server('a'), server('by-hand'), { name: 'bad' }] }));
    await eventually(
      'it shows',
      () =>
        cache
          .getAll()
          .map(({ name }) => name)
          .join() === 'a,by-hand',
    );
    expect(logger.lines.filter(({ fields }) => fields.event === 'registry-bad-server')).toHaveLength(1);
    await cache.upsert(server('c'));
    await cache.flush();
    expect(namesIn(it.path)).toEqual(['a', 'by-hand', 'c', 'bad']);
  });

  it('the registry works in memory while the disk fails, logs that once, and writes everything afterwards', async () => {
    using it = world();
    const logger = recordingLogger();
    const cache = await it.open({ logger });
    await cache.upsert(server('before'));
    // The folder of the registry is replaced by a file of the same name, so that the registry cannot use the disk.
    await cache.close();
    rmSync(dirname(it.path), { recursive: true });
    writeFileSync(dirname(it.path), '');
    const broken = new RegistryMemoryCache({ registryPath: it.path, logger });
    await expect(broken.init()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(broken.upsert(server('a'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(broken.flush()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(broken.getAll()).toEqual([server('a')]);
    rmSync(dirname(it.path));
    await eventually('it is written automatically', () =>
      logger.lines.some(({ fields }) => fields.event === 'registry-recovered'),
    );
    expect(logger.lines.filter(({ fields }) => fields.event === 'registry-write-failed')).toHaveLength(1);
    await broken.close();
    expect(namesIn(it.path)).toEqual(['a']);
  });
});

describe('several processes with one registry', () => {
  it('changes of the registry by a process that was killed are written to servers.json by the next process', async () => {
    using it = world();
    const { child, lines, ended } = it.start('writes', 'k', '0');
    await eventually('it writes', () => lines.length > 3);
    child.kill('SIGKILL');
    await ended;
    await (await it.open()).close();
    expect(namesIn(it.path).length).toBeGreaterThanOrEqual(lines.length);
    using empty = world();
    await (await empty.open()).close();
    expect(existsSync(empty.path)).toBe(false);
  });

  it('even a process that ends without close() leaves all its changes of the registry in servers.json', async () => {
    using it = world();
    const { ended } = it.start('ends', 'e', '30');
    expect((await ended)[0]).toBe(0);
    expect(namesIn(it.path)).toHaveLength(30);
  });

  it('every acknowledged change of the registry survives process.exit()', async () => {
    using it = world();
    const { ended } = it.start('exits', 'e', '10');
    expect((await ended)[0]).toBe(0);
    await using cache = await it.open();
    expect(cache.getAll()).toHaveLength(10);
  });
});
