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

describe('table with row checksums', () => {
  it('SQL and JavaScript compute the same checksum for a row', () => {
    using database = databaseWith([['a', 'one']]);
    const sql = `SELECT ${sealExpression(table)} AS seal FROM t`;
    expect(database.prepare(sql).get()).toEqual({ seal: sealOf(['a', 'one', 1]) });
    expect(read(database)).toHaveLength(1);
  });

  it.each(['key', 'value', 'revision', 'seal'])('the checksum of a row reveals a changed column %s', (column) => {
    using database = databaseWith([['a', 'one']]);
    database.exec(`UPDATE t SET ${column} = ${column === 'key' || column === 'value' ? "'other'" : '2'}`);
    expect(() => read(database)).toThrow('does not match its checksum');
  });

  it('reading a table with row checksums skips damaged rows and reports their names', () => {
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

  it('reading a table that does not exist in the store returns no rows and reports no losses', () => {
    using database = new DatabaseSync(':memory:');
    const lost: string[] = [];
    expect([readProven(database, table, lost), lost]).toEqual([[], []]);
  });

  it('rows of an older table layout get the new columns and a new checksum', () => {
    using database = new DatabaseSync(':memory:');
    database.exec('CREATE TABLE t (key TEXT, value TEXT, body BLOB, seal INTEGER)');
    const layout = layoutIn(database, table);
    expect(layout).toEqual({ name: 't', sealed: ['key', 'value'], rest: ['body'] });
    const row = upgradedRow(table, layout, ['a', 'one', sealOf(['a', 'one']), 'body']);
    expect(row).toEqual(['a', 'one', 1n, sealOf(['a', 'one', 1]), 'body']);
  });
});
