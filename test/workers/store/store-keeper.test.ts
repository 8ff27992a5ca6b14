import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { ServerInfo } from '../../../src/shared/servers/server-info.ts';
import type { StoreNote } from '../../../src/shared/servers/store-notes.ts';
import { StoreKeeper } from '../../../src/workers/store/store-keeper.ts';
import { PINS, SOURCES } from '../../../src/workers/tables/schema.ts';
import { addSealFunction, sealExpression } from '../../../src/workers/tables/seal.ts';
import { UNSIGNED } from '../../helpers/stored-source.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const server = (name: string): ServerInfo => ({ name, transport: 'http', endpoint: `http://${name}/` });
const NOTHING_KNOWN = { storeId: null, revision: 0 };
const mapAt = (generatedAtMs: number) => ({
  storeKey: 's',
  etag: null,
  body: new TextEncoder().encode('map'),
  generatedAtMs,
  savedAtMs: 5,
});

/** Creates a state folder with a store. `keep` opens a keeper of the store. */
function world() {
  const dir = new TempDir();
  const stateDir = join(dir.path, 'state');
  mkdirSync(stateDir);
  const path = join(stateDir, 'switchyard.db');
  const keepers: StoreKeeper[] = [];
  const keep = () => {
    const notes: StoreNote[] = [];
    const keeper = new StoreKeeper(stateDir, (note) => notes.push(note));
    keepers.push(keeper);
    return {
      keeper,
      notes,
      put: (...names: string[]) =>
        keeper.attempt(() => keeper.store().applyServers(names.map((name) => ({ name, info: server(name) })))),
      names: () =>
        keeper
          .attempt(() => keeper.store().syncServers(join(stateDir, 'servers.json'), NOTHING_KNOWN, 'read'))
          .changes.flatMap(({ name, info }) => (info === null ? [] : [name])),
      write: () =>
        keeper.attempt(() => keeper.store().syncServers(join(stateDir, 'servers.json'), NOTHING_KNOWN, 'write')),
      floor: () => keeper.attempt(() => keeper.store().readSource('s')).floorMs,
      save: (generatedAtMs: number) => keeper.attempt(() => keeper.store().saveMap(mapAt(generatedAtMs), UNSIGNED)),
    };
  };
  return {
    path,
    stateDir,
    keep,
    vandalise(work: (database: DatabaseSync) => void): void {
      const database = new DatabaseSync(path);
      work(database);
      database.close();
    },
    read<T>(sql: string): T {
      using database = new DatabaseSync(path);
      return database.prepare(sql).get() as T;
    },
    [Symbol.dispose]() {
      for (const keeper of keepers) keeper.close();
      dir[Symbol.dispose]();
    },
  };
}

describe('damaged store', () => {
  it('a damaged store is renamed, and a new store gets every record that matches its checksum', () => {
    using it = world();
    const before = it.keep();
    before.put('a', 'b', 'c');
    before.save(10);
    before.keeper.close();
    it.vandalise((database) => database.exec("UPDATE server SET info = replace(info, 'http://b/', 'http://x/')"));
    const after = it.keep();
    expect(after.names()).toEqual(['a', 'c']);
    expect(after.floor()).toBe(10);
    expect(after.notes).toEqual([
      {
        kind: 'set-aside',
        backup: `${it.path}.corrupt`,
        reason: 'the record b of server does not match its checksum',
        saved: { server: 2, source: 1, tool_pin: 0 },
        lost: ['the record b of server'],
      },
    ]);
    expect(existsSync(`${it.path}.corrupt`)).toBe(true);
  });

  it('servers that a damaged store lost are restored from servers.json', () => {
    using it = world();
    const before = it.keep();
    before.put('a', 'b');
    before.write();
    before.put('c');
    before.keeper.close();
    it.vandalise((database) => database.exec("UPDATE server SET position = 7 WHERE name = 'a'"));
    expect(it.keep().names().sort()).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['is all zeros', (bytes: Buffer) => bytes.fill(0)],
    ['lost its header', (bytes: Buffer) => bytes.fill(0x7a, 0, 64)],
    ['lost its schema', (bytes: Buffer) => bytes.fill(0x7a, 100, 4_096)],
    ['is truncated', (bytes: Buffer) => bytes.subarray(0, 4_096 + 7)],
  ])(
    'a damaged store that %s is renamed, and its servers are restored from servers.json',
    (_what, damage: (bytes: Buffer) => string | Uint8Array) => {
      using it = world();
      const before = it.keep();
      before.put('a', 'b');
      before.write();
      before.keeper.close();
      writeFileSync(it.path, damage(readFileSync(it.path)));
      const after = it.keep();
      expect(after.names()).toEqual(['a', 'b']);
      expect(after.notes).toMatchObject([{ kind: 'set-aside', backup: `${it.path}.corrupt` }]);
      after.put('c');
      expect(it.keep().names()).toEqual(['a', 'b', 'c']);
    },
  );

  it('a store that is damaged only in an index loses nothing', () => {
    using it = world();
    const before = it.keep();
    const names = Array.from({ length: 300 }, (_, index) => `server-${index}`);
    before.put(...names);
    before.keeper.close();
    const page = it.read<{ pageno: number }>("SELECT min(pageno) AS pageno FROM dbstat WHERE name = 'server_revision'");
    const bytes = readFileSync(it.path);
    bytes.fill(0, page.pageno * 4_096 - 64, page.pageno * 4_096);
    writeFileSync(it.path, bytes);
    const after = it.keep();
    expect(after.names()).toEqual(names);
    expect(after.notes).toMatchObject([{ kind: 'set-aside', saved: { server: 300 }, lost: [] }]);
  });

  it('a damaged store is renamed even if other processes have it open, and they switch to the new store', () => {
    using it = world();
    const other = it.keep();
    other.put('a', 'b');
    it.vandalise((database) => database.exec("UPDATE server SET sha256 = 'x' WHERE name = 'a'"));
    const finder = it.keep();
    expect(finder.names()).toEqual(['b']);
    other.put('c');
    expect(other.notes).toEqual([{ kind: 'replaced' }]);
    expect(finder.names()).toEqual(['b', 'c']);
    expect(readdirSync(it.stateDir).filter((name) => name.endsWith('.corrupt'))).toEqual(['switchyard.db.corrupt']);
  });

  it('a damaged store gets a unique name each time that it is renamed', () => {
    using it = world();
    for (const backup of ['switchyard.db.corrupt', 'switchyard.db.1.corrupt', 'switchyard.db.2.corrupt']) {
      writeFileSync(it.path, Buffer.alloc(9_000));
      const { keeper, names } = it.keep();
      expect(names()).toEqual([]);
      keeper.close();
      expect(readFileSync(join(it.stateDir, backup))).toHaveLength(9_000);
    }
  });
});

describe('store removed by another process', () => {
  it('a store that another process removed is created again in a new folder', () => {
    using it = world();
    const { put, names, notes } = it.keep();
    put('a');
    rmSync(it.stateDir, { recursive: true });
    put('b');
    expect(notes).toEqual([{ kind: 'replaced' }]);
    expect(names()).toEqual(['b']);
  });

  it('a store that another process replaced is reopened from the new file', () => {
    using it = world();
    const { put, names, keeper } = it.keep();
    put('a');
    keeper.close();
    copyFileSync(it.path, `${it.path}.copy`);
    put('b');
    renameSync(`${it.path}.copy`, it.path);
    rmSync(`${it.path}-wal`);
    rmSync(`${it.path}-shm`);
    put('c');
    expect(names()).toEqual(['a', 'c']);
  });

  it('a store that another process removed leaves no log behind that the next store would use', () => {
    using it = world();
    const before = it.keep();
    before.put('a');
    const log = readFileSync(`${it.path}-wal`);
    before.keeper.close();
    rmSync(it.path);
    writeFileSync(`${it.path}-wal`, log);
    writeFileSync(`${it.path}-shm`, 'x'.repeat(32_768));
    const { names, notes } = it.keep();
    expect([names(), notes]).toEqual([[], []]);
  });
});

describe('store of an older format', () => {
  it('a store of an older format is upgraded', () => {
    using it = world();
    const old = it.keep();
    old.put('a', 'b');
    old.write();
    old.save(10);
    old.keeper.close();
    it.vandalise((database) => {
      for (const table of ['server', 'source']) database.exec(`ALTER TABLE ${table} DROP COLUMN seal`);
      database.exec('ALTER TABLE source DROP COLUMN revision');
      database.exec('PRAGMA user_version = 2');
    });
    const { names, floor, notes, put } = it.keep();
    put('c');
    expect([names(), floor(), notes]).toEqual([['a', 'b', 'c'], 10, []]);
  });

  /** Creates a store in format 6 with servers, a map and a tool pin. Another connection keeps the store open. */
  function format6() {
    const it = world();
    const old = it.keep();
    old.put('a');
    old.write();
    old.save(10);
    const listed = (description: string) => ({
      connectors: [
        {
          connectorId: 'mail',
          endpoint: 'http://mail/',
          era: 'modern' as const,
          transport: 'streamable-http',
          protocolVersion: null,
          serverName: null,
          listedAtMs: 1,
          toolsText: JSON.stringify([
            { definition: { name: 'send', description, inputSchema: {} }, tags: [], author: null },
          ]),
        },
      ],
      pins: [],
      isPinned: true,
    });
    const list = ({ keeper }: typeof old, description: string) =>
      keeper.attempt(() => keeper.store().withTools(null, (table) => table.save('s', listed(description)))).value;
    list(old, 'first seen');
    it.vandalise((database) => {
      addSealFunction(database);
      for (const { name, sealed, rest } of [SOURCES, PINS]) {
        database.exec(`ALTER TABLE ${name} DROP COLUMN revision`);
        const before = { name, sealed: sealed.filter((column) => column !== 'revision'), rest };
        database.exec(`UPDATE ${name} SET seal = ${sealExpression(before)}`);
      }
      for (const table of ['connector', 'servers_file']) database.exec(`DROP TABLE ${table}`);
      database.exec('CREATE TABLE connector (scope TEXT, connector_id TEXT); PRAGMA user_version = 6');
    });
    return Object.assign(it, { old, list });
  }

  it('the upgrade of a store of an older format keeps servers, map, minimum map time and pins', () => {
    using it = format6();
    it.old.keeper.close();
    const after = it.keep();
    expect([after.names(), after.floor(), after.notes]).toEqual([['a'], 10, []]);
    expect(it.list(after, 'changed')).toMatchObject([{ tool: 'send', members: ['description'] }]);
    const revisions = 'SELECT (SELECT revision FROM source) AS source, (SELECT revision FROM tool_pin) AS pin';
    expect(it.read(revisions)).toEqual({ source: 1, pin: 1 });
    after.save(11);
    expect(it.read(revisions)).toEqual({ source: 2, pin: 1 });
  });

  it('a damaged store of an older format is renamed instead of upgraded, and its valid records are kept', () => {
    using it = format6();
    it.old.keeper.close();
    it.vandalise((database) => database.exec("UPDATE tool_pin SET definition = '{}'"));
    const after = it.keep();
    expect([after.names(), after.floor()]).toEqual([['a'], 10]);
    expect(after.notes).toMatchObject([{ kind: 'set-aside', saved: { server: 1, source: 1, tool_pin: 0 } }]);
    it.vandalise((database) => database.exec('UPDATE source SET floor_ms = 9'));
    expect(() => after.keeper.store().readSource('s')).toThrow('does not match its checksum');
  });

  it('a process that still has a store open in the old format cannot write to it after the upgrade', () => {
    using it = format6();
    const writesAsBefore = new DatabaseSync(it.path);
    it.keep().names();
    const insert = `INSERT OR REPLACE INTO source (source_id, floor_ms, generated_at_ms, saved_at_ms, etag, body_sha256, seal, body)
      VALUES ('s', 1, 1, 1, NULL, '', 0, x'')`;
    expect(() => writesAsBefore.exec(insert)).toThrow('NOT NULL');
    writesAsBefore.close();
  });
});
