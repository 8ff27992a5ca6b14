import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { getConnectorMetricsRegistry } from '../../../src/main/index.ts';
import { RegistryMemoryCache, type ServerInfo } from '../../../src/main/registry/fs-store.ts';
import { eventually } from '../../helpers/eventually.ts';
import { recordingLogger } from '../../helpers/log.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const server = (name: string): ServerInfo => ({ name, transport: 'http', endpoint: `http://${name}.example/` });

/** A registry in its own folder. */
function world() {
  const dir = new TempDir();
  const path = join(dir.path, 'mcp', 'servers.json');
  mkdirSync(dirname(path));
  return {
    path,
    store: join(dirname(path), 'switchyard.db'),
    async open() {
      const logger = recordingLogger();
      const cache = new RegistryMemoryCache({ registryPath: path, logger, flushIntervalMs: 60_000 });
      await cache.init();
      return {
        cache,
        names: () => cache.getAll().map(({ name }) => name),
        said: (event: string) =>
          logger.lines.filter(({ fields }) => fields.event === event).map(({ message }) => message),
      };
    },
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

it('a damaged registry store is renamed with a log line, and its content is restored from servers.json', async () => {
  using it = world();
  const before = await it.open();
  await before.cache.upsertMany([server('a'), server('b')]);
  await before.cache.close();
  const bytes = readFileSync(it.store);
  bytes[bytes.indexOf('http://b.example/')] = 'x'.charCodeAt(0);
  writeFileSync(it.store, bytes);
  const after = await it.open();
  expect(after.cache.getAll()).toEqual([server('a'), server('b')]);
  expect(after.said('store-set-aside')).toEqual([
    expect.stringMatching(/switchyard\.db\.corrupt.*1 of server.*record b of server/),
  ]);
  expect(after.said('registry-file-taken-over')).toEqual([expect.stringContaining('added or replaced: b;')]);
  await after.cache.close();
});

it('if both the registry store and servers.json are damaged, both are renamed, and the registry starts empty', async () => {
  using it = world();
  writeFileSync(it.store, Buffer.alloc(6_000));
  writeFileSync(it.path, '{ "servers": [');
  const { cache, names, said } = await it.open();
  expect(names()).toEqual([]);
  await cache.upsert(server('a'));
  await cache.close();
  expect([said('store-set-aside').length, said('registry-file-set-aside').length]).toEqual([1, 1]);
  expect(readdirSync(dirname(it.path)).sort()).toEqual(
    ['servers.json', 'servers.json.bak', 'switchyard.db', 'switchyard.db.corrupt', 'switchyard.lock'].sort(),
  );
});

it('if the registry folder is deleted while it is in use, the registry writes the folder again from memory', async () => {
  using it = world();
  const { cache, names, said } = await it.open();
  await cache.upsertMany([server('a'), server('b')]);
  await cache.flush();
  cache.remove('b');
  rmSync(dirname(it.path), { recursive: true });
  await eventually('the process notices', () => said('store-replaced').length > 0);
  await cache.flush();
  expect(names()).toEqual(['a']);
  expect((JSON.parse(readFileSync(it.path, 'utf8')) as { servers: unknown }).servers).toEqual([server('a')]);
  await cache.close();
  const again = await it.open();
  expect(again.names()).toEqual(['a']);
  await again.cache.close();
});

it("metrics show the registry's commits, its waiting changes, and how long servers.json has been out of date", async () => {
  using it = world();
  const { cache } = await it.open();
  const metric = async (name: string): Promise<number> => {
    const text = await getConnectorMetricsRegistry().metrics();
    return Number(text.match(new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'm'))?.[1]);
  };
  const sumBefore = await metric('mcp_registry_commit_batch_size_sum');
  expect([await metric('mcp_registry_queue_length'), await metric('mcp_registry_export_age_seconds')]).toEqual([0, 0]);
  const durable = cache.upsertMany([server('a'), server('b'), server('c')]);
  expect(await metric('mcp_registry_queue_length')).toBe(3);
  await durable;
  expect(await metric('mcp_registry_queue_length')).toBe(0);
  expect(await metric('mcp_registry_commit_batch_size_sum')).toBe(sumBefore + 3);
  expect(await metric('mcp_registry_export_age_seconds')).toBeGreaterThan(0);
  await cache.flush();
  expect(await metric('mcp_registry_export_age_seconds')).toBe(0);
  void cache.upsert(server('d'));
  await cache.close();
  expect([await metric('mcp_registry_queue_length'), await metric('mcp_registry_export_age_seconds')]).toEqual([0, 0]);
});
