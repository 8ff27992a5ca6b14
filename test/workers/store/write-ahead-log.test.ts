import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { brokenTail, readBrokenTail } from '../../../src/workers/store/write-ahead-log.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

/**
 * Creates a store with some commits, and copies its write-ahead log while the store is open. The copy is like the log
 * that a killed process leaves.
 */
function world(pages: number) {
  const dir = new TempDir();
  const path = join(dir.path, 'x.db');
  const database = new DatabaseSync(path);
  database.exec('PRAGMA page_size = 512; PRAGMA journal_mode = WAL; CREATE TABLE t (v TEXT)');
  for (let index = 0; index < pages; index += 1) database.prepare('INSERT INTO t VALUES (?)').run(`row ${index}`);
  const copy = join(dir.path, 'copy.db');
  copyFileSync(path, copy);
  copyFileSync(`${path}-wal`, `${copy}-wal`);
  database.close();
  const log = readFileSync(`${copy}-wal`);
  return {
    log,
    rows(bytes: Uint8Array): number {
      writeFileSync(`${copy}-wal`, bytes);
      using opened = new DatabaseSync(copy);
      return (opened.prepare('SELECT count(*) AS n FROM t').get() as { n: number }).n;
    },
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

const flipped = (bytes: Uint8Array, at: number, bit = 1): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ bit;
  return copy;
};

describe('tail of a write-ahead log', () => {
  it('a write-ahead log counts as intact if it is complete, is missing or ends within a page', () => {
    using it = world(3);
    expect(readBrokenTail('/nowhere/at/all')).toEqual({ pages: 0, hasCommit: false });
    expect(brokenTail(it.log)).toEqual({ pages: 0, hasCommit: false });
    for (const cut of [1, 200, 512, 530]) {
      expect(brokenTail(it.log.subarray(0, it.log.length - cut))).toEqual({ pages: 0, hasCommit: false });
    }
    expect(brokenTail(it.log.subarray(0, 40))).toEqual({ pages: 0, hasCommit: false });
  });

  it('a write-ahead log counts as broken if a bit of any byte was flipped', () => {
    using it = world(2);
    for (let at = 0; at < it.log.length; at += 1) {
      const { pages } = brokenTail(flipped(it.log, at, 1 << (at % 8)));
      if (pages === 0) expect.fail(`a bit of byte ${at} of ${it.log.length} was not noticed`);
    }
  });

  it('the broken tail of a write-ahead log contains the commit that SQLite ignores', () => {
    using it = world(3);
    expect(it.rows(it.log)).toBe(3);
    const last = it.log.length - 200;
    expect(it.rows(flipped(it.log, last))).toBe(2);
    expect(brokenTail(flipped(it.log, last))).toEqual({ pages: 1, hasCommit: true });
  });

  it('the check of a write-ahead log ignores pages that remain from an earlier log', () => {
    using dir = new TempDir();
    using database = new DatabaseSync(join(dir.path, 'x.db'));
    database.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (v TEXT)');
    for (let index = 0; index < 5; index += 1) database.exec(`INSERT INTO t VALUES ('${index}')`);
    database.exec("PRAGMA wal_checkpoint(RESTART); INSERT INTO t VALUES ('x')");
    expect(readFileSync(join(dir.path, 'x.db-wal')).length).toBeGreaterThan(5 * 4_096);
    expect(readBrokenTail(join(dir.path, 'x.db-wal'))).toEqual({ pages: 0, hasCommit: false });
  });
});
