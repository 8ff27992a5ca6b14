import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { ServerInfo } from '../../../src/shared/servers/server-info.ts';
import { ServerTable } from '../../../src/workers/tables/server-table.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const program = (name: string, command: string): ServerInfo => ({ name, transport: 'stdio', command });

describe('ServerTable', () => {
  it('ServerTable reports every commit exactly once, however many other commits happen between two statements', () => {
    using folder = new TempDir();
    const path = join(folder.path, 'store.db');
    const others = new DatabaseSync(path);
    others.exec('PRAGMA journal_mode = WAL');
    const theirs = new ServerTable(others);
    const ours = new DatabaseSync(path);
    const table = new ServerTable(ours);
    const prepare = ours.prepare.bind(ours);
    let commits = 0;
    // Simulates another process that commits before each of these statements.
    ours.prepare = (sql) => {
      theirs.apply([{ name: `s${commits}`, info: { name: `s${commits}`, transport: 'stdio' } }]);
      commits += 1;
      return prepare(sql);
    };

    const told: string[] = [];
    let revision = 0;
    for (let times = 0; times < 5; times += 1) {
      const news = table.since(revision);
      told.push(...news.rows.map(({ name }) => name));
      revision = news.revision;
    }

    expect(commits).toBeGreaterThanOrEqual(5);
    expect(told).toEqual(Array.from({ length: commits }, (_, index) => `s${index}`));
    ours.close();
    others.close();
  });

  it('ServerTable merges servers in one commit and returns the outcome of each', () => {
    using database = new DatabaseSync(':memory:');
    const table = new ServerTable(database);
    const [a, other, b] = [program('a', 'one'), program('a', 'two'), program('b', 'one')];
    const merge = (servers: readonly ServerInfo[], isReplacing: boolean, isDryRun = false) =>
      table.merge(servers, { isReplacing, isDryRun }).map(({ outcome }) => outcome);
    const held = () => table.since(0).rows.map(({ info }) => info);

    expect(merge([a], false, true)).toEqual(['added']);
    expect(held()).toEqual([]);
    expect(merge([a, a, other], false)).toEqual(['added', 'unchanged', 'exists']);
    expect(held()).toEqual([a]);
    const revision = table.revision();
    expect(merge([other, b], true)).toEqual(['replaced', 'added']);
    expect([held(), table.revision()]).toEqual([[other, b], revision + 1]);
  });
});
