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

/** Nobody is about to write the rest of it. */
const age = (path: string): void => utimesSync(path, 1, 1);

/** A store and a file in a folder of their own. */
function world() {
  const dir = new TempDir();
  const path = join(dir.path, 'servers.json');
  const database = new DatabaseSync(join(dir.path, 'switchyard.db'));
  // Nobody pulls the plug here.
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

describe('the file', () => {
  it('is written two spaces deep, for its owner alone, and not again where nothing changed', () => {
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

  it('gives its entries to a store that has none', () => {
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

  it('that was edited adds, changes and removes, while what the store changed since stays', () => {
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

  it('wins where both changed one entry, and brings back what was removed here but edited there', () => {
    using it = world();
    it.put(server('both'), server('gone-here'));
    it.file.write();
    it.put(server('both', { endpoint: 'http://here/' }));
    it.remove('gone-here');
    it.edit([server('both', { endpoint: 'http://there/' }), server('gone-here', { endpoint: 'http://there/' })]);
    it.file.write();
    expect(it.stored().map(({ endpoint }) => endpoint)).toEqual(['http://there/', 'http://there/']);
  });

  it('keeps bad entries as they are, says where they are, and the others count', () => {
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
    'that is %j is set aside, not overwritten, and written anew',
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

  it('that nobody could write again, as deep as it is, is set aside; a bad entry that is only too deep for us stays', () => {
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

  it('that was deleted is written anew, and takes nothing with it', () => {
    using it = world();
    it.put(server('a'));
    it.file.write();
    rmSync(it.path);
    it.file.read();
    it.file.write();
    expect([it.said(), it.stored()]).toEqual([[server('a')], [server('a')]]);
  });

  it('may be a symbolic link, which stays one', () => {
    using it = world();
    const real = join(it.folder, 'real.json');
    writeFileSync(real, '{"servers":[]}');
    symlinkSync(real, it.path);
    it.put(server('a'));
    it.file.write();
    expect(JSON.parse(readFileSync(real, 'utf8'))).toEqual({ servers: [server('a')] });
  });

  it('that was written by somebody who was killed before noting so is not taken for an edit', () => {
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

  it('that cannot be written leaves no trace, and the store stays right', () => {
    using it = world();
    it.put(server('a'));
    // Whoever may do everything is not kept out by a mode: a folder in the file's place is.
    const blocked = new ServersFile(join(it.folder, 'nowhere', 'servers.json'), new DatabaseSync(':memory:'), it.table);
    expect(() => blocked.write()).toThrow();
    chmodSync(it.folder, 0o700);
    expect(existsSync(join(it.folder, 'nowhere'))).toBe(false);
    it.file.write();
    expect(it.said()).toEqual([server('a')]);
  });

  it('and the store agree after any edits of both, and nobody’s last word on an entry is lost', () => {
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

describe('a file that somebody else writes meanwhile', () => {
  /** Has `work` done whenever the store is about to note what the file becomes: after it was read, before it is replaced. */
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
  ])('is not overwritten: it is read once more (%s)', (_, write) => {
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
  });

  it('is given up where that never ends', () => {
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

  it('that was noticed while it could not be read is noticed once more', () => {
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

  it('that is half of what it becomes is left for the next look, and waited for before it is written', () => {
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

  it('and stays half of it for two seconds is set aside', () => {
    using it = world();
    it.put(server('a'));
    it.file.write();
    writeFileSync(it.path, '{"servers": [');
    expect(it.file.read()).toEqual([]);
    age(it.path);
    expect(it.file.read()).toMatchObject([{ kind: 'set-aside' }]);
  });
});

describe('two processes and one file', () => {
  it('an entry taken out by hand stays out, though another process found the file gone before', () => {
    using it = world();
    it.put(server('a'), server('b'));
    it.file.write();
    rmSync(it.path);
    // Another process notices that, and ends before it writes the file.
    new ServersFile(it.path, it.database, it.table).read();
    it.put(server('c'));
    it.file.write();
    it.edit([server('b'), server('c')]);
    it.file.read();
    expect(it.stored().map(({ name }) => name)).toEqual(['b', 'c']);
  });
});
