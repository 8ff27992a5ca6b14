import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { SourceNotes, StoredMap } from '../../../src/shared/protocol/writer-messages.ts';
import { createSchema, SOURCES, schemaVersionOf } from '../../../src/workers/tables/schema.ts';
import { readProven, sealOf } from '../../../src/workers/tables/seal.ts';
import { digestOf } from '../../../src/workers/tables/server-table.ts';
import { SourceTable } from '../../../src/workers/tables/source-table.ts';
import { NO_FACTS, UNSIGNED } from '../../helpers/stored-source.ts';

const mapAt = (generatedAtMs: number, storeKey = 's'): StoredMap => ({
  storeKey,
  etag: `"${generatedAtMs}"`,
  body: new TextEncoder().encode(`map of ${generatedAtMs}`),
  generatedAtMs,
  savedAtMs: 5,
});
const SIGNED: SourceNotes = { url: 'http://map.test/map', isSigned: true, mapId: 'the map' };
const LONG_AGO = 10;

function table(): { database: DatabaseSync; sources: SourceTable } & Disposable {
  const database = new DatabaseSync(':memory:');
  createSchema(database);
  return { database, sources: new SourceTable(database), [Symbol.dispose]: () => database.close() };
}

describe('SourceTable', () => {
  it('SourceTable keeps the first map id of a source, and the fact that it once served a signed map', () => {
    using it = table();
    it.sources.save(mapAt(1), SIGNED);
    it.sources.save(mapAt(2), UNSIGNED);
    it.sources.save(mapAt(3), { ...SIGNED, mapId: 'another map' });
    expect(it.sources.read('s')).toMatchObject({ floorMs: 3, seenSigned: true, mapId: 'the map' });
  });

  it('SourceTable records that a map was signed, even if a newer map is stored already', () => {
    using it = table();
    it.sources.save(mapAt(20), UNSIGNED);
    it.sources.save(mapAt(10), SIGNED);
    expect(it.sources.read('s')).toMatchObject({ floorMs: 20, map: mapAt(20), seenSigned: true, mapId: 'the map' });
  });

  it('SourceTable stores facts about a source and its key document, even if it has no map yet', () => {
    using it = table();
    it.sources.note('s', SIGNED);
    it.sources.saveKeys('s', SIGNED.url, 3, 'third');
    const facts = { seenSigned: true, mapId: 'the map', keyVersion: 3, keyDocument: 'third' };
    expect(it.sources.read('s')).toEqual({ floorMs: null, map: null, isDamaged: false, ...facts });
    expect(it.sources.has('s', 0)).toBe(false);
  });

  it('SourceTable does not replace a key document with an older one', () => {
    using it = table();
    it.sources.saveKeys('s', SIGNED.url, 3, 'third');
    it.sources.saveKeys('s', SIGNED.url, 2, 'second');
    it.sources.save(mapAt(1), UNSIGNED);
    expect(it.sources.read('s')).toMatchObject({ keyVersion: 3, keyDocument: 'third', map: mapAt(1) });
  });

  it('of two key documents with the same version, SourceTable keeps the first, unless it is damaged', () => {
    using it = table();
    it.sources.saveKeys('s', SIGNED.url, 3, 'third');
    it.sources.saveKeys('s', SIGNED.url, 3, 'fork');
    expect(it.sources.read('s')).toMatchObject({ keyVersion: 3, keyDocument: 'third' });
    it.database.exec(`UPDATE source SET key_document = 'forged'`);
    it.sources.saveKeys('s', SIGNED.url, 2, 'second');
    expect(it.sources.read('s')).toMatchObject({ keyVersion: 3, keyDocument: null });
    it.sources.saveKeys('s', SIGNED.url, 3, 'third');
    expect(it.sources.read('s')).toMatchObject({ keyVersion: 3, keyDocument: 'third' });
  });

  it('SourceTable stores an older key document on request, and no older document afterwards', () => {
    using it = table();
    it.sources.saveKeys('s', SIGNED.url, 3, 'third');
    it.sources.saveKeys('s', SIGNED.url, 2, 'new second', true);
    it.sources.saveKeys('s', SIGNED.url, 1, 'first');
    expect(it.sources.read('s')).toMatchObject({ keyVersion: 2, keyDocument: 'new second' });
  });

  it('SourceTable keeps the minimum map time, facts and key version if the map and the key document are damaged', () => {
    using it = table();
    it.sources.save(mapAt(7), SIGNED);
    it.sources.saveKeys('s', SIGNED.url, 2, '{"a":\n1}');
    it.database.exec(`UPDATE source SET body = x'00', key_document = 'forged'`);
    const facts = { seenSigned: true, mapId: 'the map', keyVersion: 2, keyDocument: null };
    expect(it.sources.read('s')).toEqual({ floorMs: 7, map: null, isDamaged: true, ...facts });
  });

  it('SourceTable keeps the map id and the key document of a source when the minimum map time is reset', () => {
    using it = table();
    it.sources.save(mapAt(7), SIGNED);
    it.sources.saveKeys('s', SIGNED.url, 2, 'second');
    expect(it.sources.resetFloor('s', 7)).toBe(true);
    expect(it.sources.read('s')).toMatchObject({ floorMs: null, map: mapAt(7), seenSigned: true, keyVersion: 2 });
    expect(it.sources.resetFloor('s', 6)).toBe(true);
    expect(it.sources.read('s')).toMatchObject({ floorMs: null, map: null, mapId: 'the map', keyDocument: 'second' });
    expect(it.sources.resetFloor('unknown', 6)).toBe(false);
    it.sources.save(mapAt(3), UNSIGNED);
    expect(it.sources.read('s')).toMatchObject({ floorMs: 3, map: mapAt(3) });
  });

  it('SourceTable uses the latest minimum map time and the newest valid map that older versions stored for a source', () => {
    using it = table();
    it.sources.save(mapAt(30, 'damaged'), UNSIGNED);
    it.database.exec(`UPDATE source SET body = x'00'`);
    it.sources.save(mapAt(20, 'old'), UNSIGNED);
    it.sources.save(mapAt(10), SIGNED);
    const expected = { floorMs: 30, map: { ...mapAt(20), storeKey: 's' }, seenSigned: true };
    expect(it.sources.read('s', ['old', 'damaged', 'unknown', 's'])).toMatchObject(expected);
    expect(it.sources.read('s')).toMatchObject(expected);
    expect(it.sources.list().map(({ storeKey }) => storeKey)).toEqual(['s']);
  });

  it('SourceTable lists sources without their maps', () => {
    using it = table();
    it.sources.save(mapAt(7), SIGNED);
    it.sources.saveKeys('s', SIGNED.url, 2, 'second');
    const seen = { seenSigned: true, mapId: 'the map', keyVersion: 2 };
    expect(it.sources.list()).toEqual([
      { storeKey: 's', url: 'http://map.test/map', floorMs: 7, generatedAtMs: 7, savedAtMs: 5, ...seen },
    ]);
  });

  it('the upgrade of a store from format 7 keeps the minimum map time and the map of each source', () => {
    using database = new DatabaseSync(':memory:');
    database.exec(`
      CREATE TABLE source (source_id TEXT PRIMARY KEY, floor_ms INTEGER NOT NULL, generated_at_ms INTEGER NOT NULL,
        saved_at_ms INTEGER NOT NULL, etag TEXT, body BLOB NOT NULL, body_sha256 TEXT NOT NULL,
        revision INTEGER NOT NULL, seal INTEGER NOT NULL) STRICT;
      CREATE TABLE connector (kept TEXT);
      PRAGMA user_version = 7;
    `);
    const { body } = mapAt(LONG_AGO);
    const sealed = ['s', 12, LONG_AGO, 5, '"10"', digestOf(body), 4];
    database
      .prepare('INSERT INTO source VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(...['s', 12, LONG_AGO, 5, '"10"'], body, digestOf(body), 4, sealOf(sealed));
    createSchema(database);
    expect(schemaVersionOf(database)).toBe(8);
    const stored = { floorMs: 12, map: mapAt(LONG_AGO), isDamaged: false, ...NO_FACTS };
    expect(new SourceTable(database).read('s')).toEqual(stored);
    const lost: string[] = [];
    expect([readProven(database, SOURCES, lost).length, lost]).toEqual([1, []]);
    expect(database.prepare('SELECT * FROM connector').all()).toEqual([]);
  });
});
