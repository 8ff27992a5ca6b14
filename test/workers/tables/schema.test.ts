import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import {
  CONNECTORS,
  createSchema,
  FILES,
  PINS,
  SCHEMA_VERSION,
  SERVERS,
  SOURCES,
  schemaVersionOf,
} from '../../../src/workers/tables/schema.ts';
import { addSealFunction, insertRows, readProven, sealOf } from '../../../src/workers/tables/seal.ts';

const FORMAT_4_SOURCES = `
  CREATE TABLE source (source_id TEXT PRIMARY KEY, floor_ms INTEGER NOT NULL, generated_at_ms INTEGER NOT NULL,
    saved_at_ms INTEGER NOT NULL, etag TEXT, body BLOB NOT NULL, body_sha256 TEXT NOT NULL, seal INTEGER NOT NULL) STRICT;
  PRAGMA user_version = 4;
`;

describe('store schema', () => {
  it.each([SOURCES, SERVERS, FILES, CONNECTORS, PINS])(
    'the store schema lists each column of the table $name as either covered by the row checksum or excluded from it',
    (table) => {
      using database = new DatabaseSync(':memory:');
      database.exec(table.create);
      const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all(table.name);
      expect(columns.map(({ name }) => name).toSorted()).toEqual([...table.sealed, 'seal', ...table.rest].toSorted());
    },
  );

  it('the store schema is created in an empty file, with an identity for the new store', () => {
    using database = new DatabaseSync(':memory:');
    expect(schemaVersionOf(database)).toBe(0);
    createSchema(database);
    expect(schemaVersionOf(database)).toBe(SCHEMA_VERSION);
    expect(database.prepare('SELECT id FROM store').all()).toEqual([{ id: expect.stringMatching(/^[0-9a-f]{32}$/) }]);
  });

  it('an upgrade of the store schema adds new columns to rows of an older format', () => {
    using database = new DatabaseSync(':memory:');
    database.exec(FORMAT_4_SOURCES);
    const sealed = ['s', 1, 2, 3, null, 'digest'];
    const insert = 'INSERT INTO source VALUES (?, ?, ?, ?, ?, ?, ?, ?)';
    database.prepare(insert).run('s', 1, 2, 3, null, new Uint8Array([7]), 'digest', sealOf(sealed));
    createSchema(database);
    const lost: string[] = [];
    const [row] = readProven(database, SOURCES, lost);
    expect({ row, lost }).toMatchObject({
      row: [
        's',
        1n,
        2n,
        3n,
        null,
        'digest',
        1n,
        null,
        0n,
        null,
        null,
        null,
        expect.anything(),
        expect.anything(),
        null,
      ],
      lost: [],
    });
  });

  it('an upgrade of the store schema rejects a record that does not match its checksum', () => {
    using database = new DatabaseSync(':memory:');
    database.exec(FORMAT_4_SOURCES);
    database.exec(`INSERT INTO source VALUES ('s', 1, 2, 3, NULL, x'07', 'digest', 5)`);
    expect(() => createSchema(database)).toThrow('damaged records: the record s of source');
  });

  it('rows of the store schema keep their content and their checksum when they are copied into another store', () => {
    using database = new DatabaseSync(':memory:');
    addSealFunction(database);
    database.exec(PINS.create);
    const sealed = ['scope', 'c', 'tool', 'digest', '{}', 5n, 1n];
    insertRows(database, PINS, [[...sealed, sealOf(sealed)]]);
    expect(readProven(database, PINS, [])).toEqual([[...sealed, BigInt(sealOf(sealed))]]);
  });
});
