import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkRegistry as check } from '../../../src/workers/check/registry-check.ts';
import { repairRegistry as repair } from '../../../src/workers/check/registry-repair.ts';
import { SqliteStore } from '../../../src/workers/store/sqlite-store.ts';
import { RegistryWorld } from '../../helpers/registry-world.ts';
import { UNSIGNED } from '../../helpers/stored-source.ts';

const server = (name: string, more: object = {}) =>
  ({ name, transport: 'http', endpoint: `http://${name}.example/`, ...more }) as const;

/** The check normally waits for other processes before it reports a difference. No other process writes here. */
const PAUSE_MS = 1;
const checkRegistry = (path: string) => check(path, PAUSE_MS);
const repairRegistry = (path: string) => repair(path, PAUSE_MS);

let filled: RegistryWorld;
beforeAll(async () => {
  filled = await freshWorld();
});
afterAll(() => filled[Symbol.dispose]());

/** Creates a registry with the servers `a`, `b` and `c`, both in its store and in its file. */
async function freshWorld(): Promise<RegistryWorld> {
  const it = new RegistryWorld();
  await it.fill(server('a'), server('b'), server('c'));
  return it;
}

/**
 * Copies the prepared registry, which is much faster than creating a new one. The inode of the copied servers file
 * differs from that of the file that the store wrote.
 */
function world(): RegistryWorld {
  const it = new RegistryWorld();
  cpSync(filled.home, it.home, { recursive: true, preserveTimestamps: true });
  return it;
}

/** Adds servers only to the store, like a process that was killed before it wrote the file. */
function putUnwritten(it: RegistryWorld, ...names: string[]): void {
  const store = new SqliteStore(dirname(it.path));
  store.applyServers(names.map((name) => ({ name, info: server(name) })));
  store.close();
}

/** Changes bytes of the store's file, like a faulty disk. */
function damage(it: RegistryWorld, from: string, to: string): void {
  const bytes = readFileSync(it.store).toString('latin1');
  expect(bytes).toContain(from);
  writeFileSync(it.store, Buffer.from(bytes.replaceAll(from, to), 'latin1'));
}

const wrong = (it: RegistryWorld) =>
  checkRegistry(it.path)
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ check, subject }) => [check, subject]);

const names = (it: RegistryWorld): unknown[] => it.said().map((entry) => (entry as { name: string }).name);

describe('registry check', () => {
  it('the check of an intact registry finds no fault and changes nothing, and the repair has nothing to do', async () => {
    using it = await freshWorld();
    const state = (): unknown[] =>
      [it.path, it.store].map((file) => [readFileSync(file, 'latin1'), statSync(file, { bigint: true }).mtimeNs]);
    const before = state();
    const findings = checkRegistry(it.path);
    expect(findings.map(({ check, outcome }) => `${check} ${outcome}`)).toEqual(
      ['store', 'log', 'records', 'file', 'agreement', 'access'].map((check) => `${check} ok`),
    );
    expect(state()).toEqual(before);
    expect(repairRegistry(it.path)).toEqual({ mended: [], lost: [], left: [], backups: [] });
  });

  it('the registry check names each server that differs between store and file, and which of the two is outdated', async () => {
    using it = await freshWorld();
    putUnwritten(it, 'd');
    expect(checkRegistry(it.path)).toContainEqual({
      check: 'agreement',
      outcome: 'failed',
      subject: 'd',
      message: 'd is in the store but not in the file, because the file has not been written yet',
    });
    it.edit([server('a', { headers: { X: '1' } }), server('c'), server('e')]);
    const differing = checkRegistry(it.path).filter(({ check }) => check === 'agreement');
    expect(differing.map(({ message }) => message)).toEqual([
      'a differs between the file and the store, because the file was changed and has not been read yet',
      'b is in the store but not in the file, because the file was changed and has not been read yet',
      'd is in the store but not in the file, because the file was changed and has not been read yet',
      'e is in the file but not in the store, because the file was changed and has not been read yet',
    ]);
    expect(repairRegistry(it.path)).toMatchObject({ lost: [], left: [], backups: [] });
    expect([names(it), wrong(it)]).toEqual([['a', 'c', 'd', 'e'], []]);
  });

  it('the registry check reports a store of a newer version, and does not change it', async () => {
    using it = world();
    using database = new DatabaseSync(it.store);
    database.exec('PRAGMA user_version = 1000');
    expect(wrong(it)).toEqual([['store', null]]);
    expect(() => repairRegistry(it.path)).toThrow('format 1000');
  });
});

describe('registry repair', () => {
  it('the registry repair restores damaged records from the file, and keeps the damaged store under another name', async () => {
    using it = world();
    damage(it, 'b.example', 'x.example');
    expect(wrong(it)).toEqual([
      ['records', 'b'],
      ['agreement', 'b'],
    ]);
    const { mended, lost, left, backups } = repairRegistry(it.path);
    expect(mended.map(({ check, subject }) => [check, subject])).toEqual([
      ['records', 'b'],
      ['agreement', 'b'],
    ]);
    expect([lost, left, backups]).toEqual([[], [], [`${it.store}.corrupt`]]);
    expect([names(it).toSorted(), wrong(it)]).toEqual([['a', 'b', 'c'], []]);
    expect(JSON.stringify(it.said())).toContain('b.example');
  });

  it('the registry repair names what it cannot restore, and keeps everything else', async () => {
    using it = world();
    putUnwritten(it, 'd', 'e');
    damage(it, 'd.example', 'x.example');
    const { lost, left } = repairRegistry(it.path);
    expect(lost.map(({ check, subject }) => [check, subject])).toEqual([['records', 'd']]);
    expect(left).toEqual([]);
    expect([names(it).toSorted(), wrong(it)]).toEqual([['a', 'b', 'c', 'e'], []]);
  });

  it.each([
    ['not a database', (it: RegistryWorld) => writeFileSync(it.store, 'no database'.repeat(1_000))],
    ['empty', (it: RegistryWorld) => truncateSync(it.store)],
    ['truncated', (it: RegistryWorld) => truncateSync(it.store, 5_000)],
    ['missing', (it: RegistryWorld) => rmSync(it.store)],
  ])('the registry repair rebuilds the store from servers.json if the store is %s', async (_, spoil) => {
    using it = world();
    spoil(it);
    expect(wrong(it).length).toBeGreaterThan(0);
    expect(repairRegistry(it.path).left).toEqual([]);
    expect([names(it), wrong(it)]).toEqual([['a', 'b', 'c'], []]);
    using store = Object.assign(new SqliteStore(dirname(it.path)), {
      [Symbol.dispose](this: SqliteStore) {
        this.close();
      },
    });
    const known = { storeId: null, revision: 0 };
    expect(store.syncServers(it.path, known, 'look').changes.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['missing', (it: RegistryWorld) => rmSync(it.path), []],
    ['truncated', (it: RegistryWorld) => truncateSync(it.path, 50), ['servers.json.bak']],
    [
      'of a newer format',
      (it: RegistryWorld) => writeFileSync(it.path, '{"version":9,"servers":[]}'),
      ['servers.json.bak'],
    ],
  ])('the registry repair rebuilds servers.json from the store if servers.json is %s', async (_, spoil, backups) => {
    using it = world();
    spoil(it);
    expect(wrong(it)).toEqual([['file', it.path]]);
    const repair = repairRegistry(it.path);
    expect(repair).toMatchObject({ mended: [{ check: 'file' }], lost: [], left: [] });
    expect(repair.backups.map((path) => path.slice(dirname(path).length + 1))).toEqual(backups);
    expect([names(it), wrong(it)]).toEqual([['a', 'b', 'c'], []]);
  });

  it('the registry repair makes the files private to their owner, and reports what only a person can fix', async () => {
    using it = world();
    it.edit([server('a'), { name: 'bad' }, server('b'), server('c')]);
    chmodSync(it.path, 0o644);
    chmodSync(it.store, 0o660);
    // SQLite creates files next to a store with the mode of the store.
    expect(wrong(it)).toEqual(
      expect.arrayContaining([
        ['entries', 'servers[1]'],
        ['access', it.path],
        ['access', it.store],
      ]),
    );
    const { mended, left } = repairRegistry(it.path);
    expect(new Set(mended.map(({ check }) => check))).toEqual(new Set(['access']));
    // The store has written the file again, so the invalid entry is now its last entry.
    expect(left.map(({ check, subject }) => [check, subject])).toEqual([['entries', 'servers[3]']]);
    expect([it.path, it.store].map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
  });

  it('the registry repair reports that the next load will replace a damaged map', async () => {
    using it = world();
    const store = new SqliteStore(dirname(it.path));
    const body = new TextEncoder().encode('the body of a map');
    store.saveMap({ storeKey: 's', etag: null, body, generatedAtMs: 1, savedAtMs: 1 }, UNSIGNED);
    store.close();
    damage(it, 'the body', 'THE BODY');
    const { mended, left } = repairRegistry(it.path);
    expect(mended).toEqual([]);
    expect(left).toMatchObject([{ check: 'records', message: expect.stringContaining('next load') }]);
  });

  it('the registry repair leaves no faults and keeps all servers of the file, whichever byte was damaged', async () => {
    using it = world();
    putUnwritten(it, 'd');
    const [store, file] = [readFileSync(it.store), readFileSync(it.path)];
    for (let at = 0; at < store.length; at += 1_999) {
      for (const name of readdirSync(dirname(it.path))) rmSync(`${dirname(it.path)}/${name}`);
      const spoilt = Buffer.from(store);
      spoilt[at] = (spoilt[at] ?? 0) ^ 0xff;
      writeFileSync(it.store, spoilt, { mode: 0o600 });
      writeFileSync(it.path, file, { mode: 0o600 });
      const { left, lost } = repairRegistry(it.path);
      expect([at, left, wrong(it)]).toEqual([at, [], []]);
      const missing = ['a', 'b', 'c', 'd'].filter((name) => !names(it).includes(name));
      expect([at, missing.filter((name) => name !== 'd')]).toEqual([at, []]);
      // A server may only be missing if its loss was reported.
      expect([at, missing.length === 0 || lost.length > 0]).toEqual([at, true]);
    }
    expect(existsSync(it.store)).toBe(true);
  }, 60_000);
});
