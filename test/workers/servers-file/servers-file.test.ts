import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServerInfo } from '../../../src/shared/servers/server-info.ts';
import { ServersFile } from '../../../src/workers/servers-file/servers-file.ts';
import { ServerTable } from '../../../src/workers/tables/server-table.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const server = (name: string, more: object = {}): ServerInfo => ({
  name,
  transport: 'http',
  endpoint: `http://${name}/`,
  ...more,
});

/** Sets an old modification time, so that the file does not look as if another process is still writing it. */
const age = (path: string): void => utimesSync(path, 1, 1);

/** Creates a store and a servers file in a new folder. */
function world() {
  const dir = new TempDir();
  const path = join(dir.path, 'servers.json');
  const database = new DatabaseSync(join(dir.path, 'switchyard.db'));
  // The test needs no protection against power failures, and runs faster without disk syncs.
  database.exec('PRAGMA synchronous = OFF');
  const table = new ServerTable(database);
  const file = new ServersFile(path, database, table);
  return {
    path,
    database,
    table,
    file,
    folder: dir.path,
    put: (...infos: ServerInfo[]) => table.apply(infos.map((info) => ({ name: info.name, info }))),
    remove: (name: string) => table.apply([{ name, info: null }]),
    stored: () => table.since(0).rows.flatMap(({ info }) => (info === null ? [] : [info])),
    text: () => readFileSync(path, 'utf8'),
    said: () => (JSON.parse(readFileSync(path, 'utf8')) as { servers: ServerInfo[] }).servers,
    edit: (servers: readonly unknown[], rest: object = {}) => writeFileSync(path, JSON.stringify({ ...rest, servers })),
    [Symbol.dispose]() {
      database.close();
      dir[Symbol.dispose]();
    },
  };
}

describe('servers file', () => {
  it('servers.json is indented by two spaces, private to its owner, and not rewritten if nothing changed', () => {
    using it = world();
    it.put(server('a'), server('b', { 'x-note': 1 }));
    expect(it.file.write()).toEqual([]);
    expect(it.text()).toBe(`${JSON.stringify({ servers: [server('a'), server('b', { 'x-note': 1 })] }, null, 2)}\n`);
    expect(statSync(it.path).mode & 0o777).toBe(0o600);
    const before = statSync(it.path, { bigint: true }).ino;
    it.file.write();
    expect(statSync(it.path, { bigint: true }).ino).toBe(before);
    expect(readdirSync(it.folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('servers.json is imported into an empty store', () => {
    using it = world();
    it.edit([server('a'), server('b', { unknown: { deep: [1] } })], { $schema: 'x' });
    expect(it.file.read()).toEqual([{ kind: 'taken-over', put: ['a', 'b'], removed: [] }]);
    expect(it.stored()).toEqual([server('a'), server('b', { unknown: { deep: [1] } })]);
    it.put(server('c'));
    it.file.write();
    expect(JSON.parse(it.text())).toMatchObject({
      $schema: 'x',
      servers: [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
    });
  });

  it("a person's edit of servers.json adds, changes and removes entries, and newer changes of the store are kept", () => {
    using it = world();
    it.put(server('kept'), server('edited'), server('taken-out'), server('changed-here'), server('removed-here'));
    it.file.write();
    it.put(server('changed-here', { endpoint: 'http://new/' }), server('added-here'));
    it.remove('removed-here');
    it.edit([
      server('kept'),
      server('edited', { endpoint: 'http://by-hand/' }),
      server('changed-here'),
      server('removed-here'),
      server('added-by-hand'),
    ]);
    it.file.write();
    const expected = [
      server('kept'),
      server('edited', { endpoint: 'http://by-hand/' }),
      server('changed-here', { endpoint: 'http://new/' }),
      server('added-here'),
      server('added-by-hand'),
    ];
    expect(it.stored()).toEqual(expected);
    expect(it.said()).toEqual(expected);
  });

  it('a change of an entry in servers.json wins if the store has also changed the entry, or has removed it', () => {
    using it = world();
    it.put(server('both'), server('gone-here'));
    it.file.write();
    it.put(server('both', { endpoint: 'http://here/' }));
    it.remove('gone-here');
    it.edit([server('both', { endpoint: 'http://there/' }), server('gone-here', { endpoint: 'http://there/' })]);
    it.file.write();
    expect(it.stored().map(({ endpoint }) => endpoint)).toEqual(['http://there/', 'http://there/']);
  });

  it('invalid entries in servers.json are kept and reported with their positions, and valid entries are used', () => {
    using it = world();
    const bad = [{ name: 'x' }, 7, server('a'), { ...server('old'), transport: 'pigeon' }];
    it.put(server('old'));
    it.file.write();
    it.edit([server('a'), ...bad, server('b')]);
    expect(it.file.write()).toMatchObject([
      { kind: 'bad-server', place: 'servers[1]', reason: expect.stringContaining('transport') },
      { kind: 'bad-server', place: 'servers[2]' },
      { kind: 'bad-server', place: 'servers[3]', reason: 'name: "a" occurs twice' },
      { kind: 'bad-server', place: 'servers[4]' },
      { kind: 'taken-over', put: ['a', 'b'], removed: [] },
    ]);
    expect(it.stored().map(({ name }) => name)).toEqual(['old', 'a', 'b']);
    it.put(server('c'));
    it.file.write();
    expect(it.said()).toEqual([server('b'), server('c'), ...bad]);
  });

  it.each(['{ "servers": [{ "na', '[]', '{}', 'null', '{"version":2,"servers":[]}', ''])(
    'a servers.json with the content %j is renamed and written again, not overwritten',
    (text) => {
      using it = world();
      it.put(server('a'));
      it.file.write();
      writeFileSync(it.path, text);
      age(it.path);
      writeFileSync(`${it.path}.bak`, 'an older one');
      expect(it.file.write()).toMatchObject([{ kind: 'set-aside', backup: `${it.path}.1.bak` }]);
      expect(readFileSync(`${it.path}.1.bak`, 'utf8')).toBe(text);
      expect(readFileSync(`${it.path}.bak`, 'utf8')).toBe('an older one');
      expect([it.said(), it.stored()]).toEqual([[server('a')], [server('a')]]);
    },
  );

  it('a servers.json is renamed if it nests too deeply to be rewritten, but an entry over our depth limit is kept', () => {
    using it = world();
    const deep = (depth: number) => `{"name":"deep","transport":"stdio","x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    it.put(server('a'));
    it.file.write();
    writeFileSync(it.path, `{"servers":[${JSON.stringify(server('a'))},${deep(100)}]}`);
    expect(it.file.write()).toMatchObject([{ kind: 'bad-server', place: 'servers[1]' }]);
    expect(it.said()).toMatchObject([server('a'), { name: 'deep' }]);
    writeFileSync(it.path, `{"servers":[${deep(100_000)}]}`);
    expect(it.file.write()).toMatchObject([{ kind: 'set-aside', reason: 'it nests deeper than 1000 levels' }]);
    expect([it.said(), it.stored()]).toEqual([[server('a')], [server('a')]]);
  });

  it('a deleted servers.json is written again, and no server is removed', () => {
    using it = world();
    it.put(server('a'));
    it.file.write();
    rmSync(it.path);
    it.file.read();
    it.file.write();
    expect([it.said(), it.stored()]).toEqual([[server('a')], [server('a')]]);
  });

  it('servers.json may be a symbolic link, which is preserved', () => {
    using it = world();
    const real = join(it.folder, 'real.json');
    writeFileSync(real, '{"servers":[]}');
    symlinkSync(real, it.path);
    it.put(server('a'));
    it.file.write();
    expect(JSON.parse(readFileSync(real, 'utf8'))).toEqual({ servers: [server('a')] });
  });

  it('servers.json does not count as edited if its writer was killed before it recorded the write', () => {
    using it = world();
    it.put(server('changed'), server('removed'));
    it.file.write();
    it.put(server('changed', { endpoint: 'http://second/' }));
    it.remove('removed');
    it.database.exec(
      "CREATE TEMP TRIGGER killed BEFORE UPDATE OF file_sha256 ON server BEGIN SELECT RAISE(ABORT, 'killed'); END",
    );
    expect(() => it.file.write()).toThrow('killed');
    it.database.exec('DROP TRIGGER killed');
    expect(it.said()).toEqual([server('changed', { endpoint: 'http://second/' })]);
    it.put(server('changed', { endpoint: 'http://third/' }), server('removed'));
    expect(it.file.read()).toEqual([]);
    const expected = [server('changed', { endpoint: 'http://third/' }), server('removed')];
    expect(it.stored()).toEqual(expected);
    expect(it.file.write()).toEqual([]);
    expect(it.said()).toEqual(expected);
  });

  it('a failed write of servers.json creates no folder, and a later write succeeds', () => {
    using it = world();
    it.put(server('a'));
    // The folder is missing, which makes the write fail even for a privileged user, who could ignore a file mode.
    const blocked = new ServersFile(join(it.folder, 'nowhere', 'servers.json'), new DatabaseSync(':memory:'), it.table);
    expect(() => blocked.write()).toThrow();
    chmodSync(it.folder, 0o700);
    expect(existsSync(join(it.folder, 'nowhere'))).toBe(false);
    it.file.write();
    expect(it.said()).toEqual([server('a')]);
  });

  it('servers.json and the store agree after any edits of both, and the last edit of each entry is kept', () => {
    const names = fc.constantFrom('a', 'b', 'c', 'd');
    const edits = fc.array(
      fc.record({ where: fc.constantFrom('store', 'file', 'write'), name: names, value: fc.option(fc.nat(3)) }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(edits, (steps) => {
        using it = world();
        it.file.write();
        for (const { where, name, value } of steps) {
          if (where === 'write') it.file.write();
          else if (where === 'store') {
            if (value === null) it.remove(name);
            else it.put(server(name, { value }));
          } else {
            const others = it.said().filter((entry) => entry.name !== name);
            it.edit(value === null ? others : [...others, server(name, { value })]);
          }
        }
        it.file.write();
        expect(it.said()).toEqual(it.stored());
        it.file.write();
        expect(it.said()).toEqual(it.stored());
      }),
      { numRuns: 60 },
    );
  });
});

describe('servers file with a concurrent writer', () => {
  /** Runs `work` during each write of the servers file, between the read and the replacement of the file. */
  const beforeWriting = (it: ReturnType<typeof world>, work: () => void): void => {
    it.database.function('meanwhile', () => {
      work();
      return null;
    });
    it.database.exec(
      'CREATE TEMP TRIGGER planned AFTER INSERT ON servers_file WHEN NEW.pending_sha256 IS NOT NULL BEGIN SELECT meanwhile(); END',
    );
  };

  it.each([
    ['in place', writeFileSync],
    [
      'by another file of the same size and age',
      (path: string, text: string) => {
        const { atime, mtime } = statSync(path);
        writeFileSync(`${path}.new`, text);
        utimesSync(`${path}.new`, atime, mtime);
        renameSync(`${path}.new`, path);
      },
    ],
  ])(
    'servers.json is not overwritten but read again if another program writes it at the same time (%s)',
    (_, write) => {
      using it = world();
      it.put(server('aa'), server('b'));
      it.file.write();
      it.put(server('c'));
      age(it.path);
      let edits = 0;
      beforeWriting(it, () => {
        edits += 1;
        if (edits === 1) write(it.path, it.text().replaceAll('aa', 'ee'));
      });
      expect(it.file.write()).toEqual([{ kind: 'taken-over', put: ['ee'], removed: ['aa'] }]);
      expect(it.said().map(({ name }) => name)).toEqual(['b', 'c', 'ee']);
      expect(it.stored().map(({ name }) => name)).toEqual(['b', 'c', 'ee']);
    },
  );

  it('servers.json is not written if another program keeps changing it', () => {
    using it = world();
    it.put(server('a'));
    let edits = 0;
    beforeWriting(it, () => {
      edits += 1;
      it.edit([server(`edit-${edits}`)]);
    });
    expect(() => it.file.write()).toThrow('keep changing');
    expect(edits).toBeLessThan(50);
    expect(it.said()).toEqual([server(`edit-${edits}`)]);
    expect(readdirSync(it.folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('servers.json is read again if it changed while the store was locked', () => {
    using it = world();
    it.put(server('a'));
    it.file.write();
    it.edit([server('a'), server('by-hand')]);
    const other = new DatabaseSync(join(it.folder, 'switchyard.db'));
    other.exec('BEGIN IMMEDIATE');
    expect(it.file.hasChanged()).toBe(true);
    expect(() => it.file.read()).toThrow('locked');
    other.exec('ROLLBACK');
    other.close();
    expect(it.file.hasChanged()).toBe(true);
    it.file.read();
    expect([it.stored().length, it.file.hasChanged()]).toEqual([2, false]);
  });

  it('a half-written servers.json is read again later, and the next write waits until it is complete', () => {
    using it = world();
    it.put(server('a'));
    it.file.write();
    const whole = JSON.stringify({ servers: [server('a'), server('by-hand')] });
    writeFileSync(it.path, whole.slice(0, 20));
    expect([it.file.hasChanged(), it.file.read(), it.file.hasChanged()]).toEqual([true, [], true]);
    const writer = new Worker(
      `const { workerData: [path, text] } = require('node:worker_threads');
       setTimeout(() => require('node:fs').writeFileSync(path, text), 200);`,
      { eval: true, workerData: [it.path, whole] },
    );
    expect(it.file.write()).toEqual([{ kind: 'taken-over', put: ['by-hand'], removed: [] }]);
    void writer.terminate();
    expect([it.said(), existsSync(`${it.path}.bak`)]).toEqual([[server('a'), server('by-hand')], false]);
  });

  it('a servers.json that remains half written for two seconds is renamed', () => {
    using it = world();
    it.put(server('a'));
    it.file.write();
    writeFileSync(it.path, '{"servers": [');
    expect(it.file.read()).toEqual([]);
    age(it.path);
    expect(it.file.read()).toMatchObject([{ kind: 'set-aside' }]);
  });
});

describe('two processes with one servers file', () => {
  it('an entry that a person removed is not restored, even if another process noticed that servers.json was gone', () => {
    using it = world();
    it.put(server('a'), server('b'));
    it.file.write();
    rmSync(it.path);
    // Another process notices the deletion, and ends before it writes the file.
    new ServersFile(it.path, it.database, it.table).read();
    it.put(server('c'));
    it.file.write();
    it.edit([server('b'), server('c')]);
    it.file.read();
    expect(it.stored().map(({ name }) => name)).toEqual(['b', 'c']);
  });
});
