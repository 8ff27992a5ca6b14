import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import {
  addSealFunction,
  layoutIn,
  provenRows,
  readProven,
  type SealedTable,
  sealExpression,
  sealOf,
  selectSealed,
  upgradedRow,
} from '../../../src/workers/tables/seal.ts';

const table: SealedTable = { name: 't', sealed: ['key', 'value', 'revision'], rest: ['body'] };

function databaseWith(rows: readonly (readonly [string, string])[]): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  addSealFunction(database);
  database.exec('CREATE TABLE t (key TEXT, value TEXT, revision INTEGER, body BLOB, seal INTEGER)');
  const insert = database.prepare("INSERT INTO t VALUES (?, ?, 1, x'00', seal(?1, ?2, 1))");
  for (const row of rows) insert.run(...row);
  return database;
}

const read = (database: DatabaseSync) => provenRows(table, selectSealed(database, table, '').all());

describe('sealed table', () => {
  it('a row of a sealed table has the same seal, whether SQL or code computes it', () => {
    using database = databaseWith([['a', 'one']]);
    const sql = `SELECT ${sealExpression(table)} AS seal FROM t`;
    expect(database.prepare(sql).get()).toEqual({ seal: sealOf(['a', 'one', 1]) });
    expect(read(database)).toHaveLength(1);
  });

  it.each(['key', 'value', 'revision', 'seal'])('the seal of a row reveals any change of its column %s', (column) => {
    using database = databaseWith([['a', 'one']]);
    database.exec(`UPDATE t SET ${column} = ${column === 'key' || column === 'value' ? "'other'" : '2'}`);
    expect(() => read(database)).toThrow('does not match its checksum');
  });

  it('reading a sealed table skips damaged rows and returns their names', () => {
    using database = databaseWith([
      ['a', 'one'],
      ['b', 'two'],
      ['c', 'three'],
    ]);
    database.exec("UPDATE t SET value = 'other' WHERE key = 'b'");
    const lost: string[] = [];
    expect(readProven(database, table, lost).map(([key]) => key)).toEqual(['a', 'c']);
    expect(lost).toEqual(['the record b of t']);
  });

  it('a sealed table that a store lacks has no rows and no losses', () => {
    using database = new DatabaseSync(':memory:');
    const lost: string[] = [];
    expect([readProven(database, table, lost), lost]).toEqual([[], []]);
  });

  it('a sealed table adds new columns to rows of an older layout, and seals the rows again', () => {
    using database = new DatabaseSync(':memory:');
    database.exec('CREATE TABLE t (key TEXT, value TEXT, body BLOB, seal INTEGER)');
    const layout = layoutIn(database, table);
    expect(layout).toEqual({ name: 't', sealed: ['key', 'value'], rest: ['body'] });
    const row = upgradedRow(table, layout, ['a', 'one', sealOf(['a', 'one']), 'body']);
    expect(row).toEqual(['a', 'one', 1n, sealOf(['a', 'one', 1]), 'body']);
  });
});
