import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { RegistryMemoryCache, type ServerInfo } from '../../../src/main/registry/fs-store.ts';
import { recordingLogger } from '../../helpers/log.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const program = fileURLToPath(new URL('../../fixtures/programs/registry-user.ts', import.meta.url));
const server = (name: string): ServerInfo => ({ name, transport: 'stdio', command: name });

/** Creates a registry in its own folder, with the server `before`. */
async function world() {
  const dir = new TempDir();
  const path = join(dir.path, 'mcp', 'servers.json');
  const cache = new RegistryMemoryCache({ registryPath: path });
  await cache.upsert(server('before'));
  await cache.close();
  return {
    path,
    async run(what: string, ...args: string[]): Promise<{ code: number | null; ms: number }> {
      const { PATH, NODE_V8_COVERAGE } = process.env;
      const env = { PATH, CORTEX_HOME: dir.path, ...(NODE_V8_COVERAGE && { NODE_V8_COVERAGE }) };
      const startedMs = performance.now();
      const child = spawn(process.execPath, [program, what, ...args], { env, stdio: 'ignore' });
      const [code] = (await once(child, 'close')) as [number | null];
      return { code, ms: performance.now() - startedMs };
    },
    inStore(): string[] {
      using database = new DatabaseSync(join(dirname(path), 'switchyard.db'));
      const rows = database.prepare('SELECT name FROM server WHERE info IS NOT NULL ORDER BY position').all();
      return rows.map(({ name }) => String(name));
    },
    inFile: () => (JSON.parse(readFileSync(path, 'utf8')) as { servers: ServerInfo[] }).servers.map(({ name }) => name),
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

it.each([
  ['process.exit() right after a change', 'exits-at-once', 0],
  ['an uncaught error', 'throws', 1],
])(
  '%s loses no change of the registry, whether the change was acknowledged or not',
  async (_what, how, expectedCode) => {
    using it = await world();
    expect((await it.run(how, 'x', '5')).code).toBe(expectedCode);
    const expected = ['x-0', 'x-1', 'x-2', 'x-3', 'x-4'];
    expect([it.inStore(), it.inFile()]).toEqual([expected, expected]);
  },
);

it('process.exit() loses no change of the registry, even if the registry was not yet open', async () => {
  using it = await world();
  expect((await it.run('exits-cold', 'x', '3')).code).toBe(0);
  const expected = ['before', 'x-0', 'x-1', 'x-2'];
  expect([it.inStore(), it.inFile()]).toEqual([expected, expected]);
});

it('process.exit() waits only a few seconds for a registry store that another process has locked', async () => {
  using it = await world();
  const holder = new DatabaseSync(join(dirname(it.path), 'switchyard.db'));
  holder.exec('BEGIN IMMEDIATE');
  const { code, ms } = await it.run('exits-cold', 'x', '3');
  holder.close();
  expect(code).toBe(0);
  // SQLite waits five seconds for the lock, and the process needs a moment to start.
  expect(ms).toBeLessThan(8_000);
  expect(it.inStore()).toEqual(['before']);
});

it('a pipe in place of servers.json is rejected, and blocks neither init() nor close() of the registry', async () => {
  using dir = new TempDir();
  const path = join(dir.path, 'mcp', 'servers.json');
  mkdirSync(dirname(path));
  execFileSync('mkfifo', [path]);
  const logger = recordingLogger();
  const cache = new RegistryMemoryCache({ registryPath: path, logger });
  await expect(cache.init()).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('not a file'),
  });
  await cache.upsert(server('a'));
  const startedMs = performance.now();
  await cache.close();
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  expect(logger.lines.map(({ fields }) => fields.event)).toContain('registry-flush-failed');
  const again = new RegistryMemoryCache({ registryPath: join(dirname(path), 'other.json') });
  await again.init();
  expect(again.getAll()).toEqual([server('a')]);
  await again.close();
});
