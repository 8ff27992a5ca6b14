import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { ServerInfo } from '../../../src/shared/servers/server-info.ts';
import { restore, salvage } from '../../../src/workers/store/store-salvage.ts';
import { createSchema, PINS, SERVERS, SOURCES } from '../../../src/workers/tables/schema.ts';
import { sealOf } from '../../../src/workers/tables/seal.ts';
import { ServerTable } from '../../../src/workers/tables/server-table.ts';
import { SourceTable } from '../../../src/workers/tables/source-table.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const server = (name: string): ServerInfo => ({ name, transport: 'stdio', command: name });

describe('salvage', () => {
  it('takes the good records of a damaged store into a new one', () => {
    using dir = new TempDir();
    const path = join(dir.path, 'damaged.db');
    {
      using damaged = new DatabaseSync(path);
      const table = new ServerTable(damaged);
      table.apply(['a', 'b', 'c'].map((name) => ({ name, info: server(name) })));
      damaged.exec(`UPDATE server SET info = replace(info, 'stdio', 'stdix') WHERE name = 'b'`);
    }
    const saved = salvage(path);
    expect(saved.lost).toEqual(['the record b of server']);

    using fresh = new DatabaseSync(':memory:');
    const table = new ServerTable(fresh);
    fresh.exec(SOURCES.create + PINS.create);
    restore(fresh, saved);
    expect(table.since(0).rows.map(({ info }) => info)).toEqual([server('a'), server('c')]);
  });

  it('takes over what is known of who signs a source, with and without a map', () => {
    using dir = new TempDir();
    const path = join(dir.path, 'damaged.db');
    const notes = { url: 'http://map.test/map', isSigned: true, mapId: 'the map' };
    const body = new TextEncoder().encode('the body');
    {
      using damaged = new DatabaseSync(path);
      createSchema(damaged);
      const sources = new SourceTable(damaged);
      sources.save({ storeKey: 'a', etag: null, body, generatedAtMs: 7, savedAtMs: 8 }, notes);
      sources.saveKeys('a', notes.url, 2, '{"version":\n2}');
      sources.note('b', notes);
      sources.note('c', notes);
      damaged.exec(`UPDATE source SET seen_signed = 0 WHERE source_id = 'c'`);
    }
    const saved = salvage(path);
    expect(saved.lost).toEqual(['the record c of source']);

    using fresh = new DatabaseSync(':memory:');
    new ServerTable(fresh);
    createSchema(fresh);
    fresh.exec(PINS.create);
    restore(fresh, saved);
    const sources = new SourceTable(fresh);
    const known = { seenSigned: true, mapId: 'the map' };
    expect(sources.read('a')).toMatchObject({ ...known, floorMs: 7, map: { body }, keyDocument: '{"version":\n2}' });
    expect(sources.read('b')).toMatchObject({ ...known, floorMs: null, map: null, isDamaged: false });
  });

  it('reads the sources of format 7 in the present form', () => {
    using dir = new TempDir();
    const path = join(dir.path, 'damaged.db');
    {
      using damaged = new DatabaseSync(path);
      damaged.exec(`CREATE TABLE source (source_id TEXT PRIMARY KEY, floor_ms INTEGER NOT NULL,
        generated_at_ms INTEGER NOT NULL, saved_at_ms INTEGER NOT NULL, etag TEXT, body BLOB NOT NULL,
        body_sha256 TEXT NOT NULL, revision INTEGER NOT NULL, seal INTEGER NOT NULL) STRICT; PRAGMA user_version = 7`);
      const seal = sealOf(['s', 3, 2, 1, null, 'digest', 5]);
      damaged.exec(`INSERT INTO source VALUES ('s', 3, 2, 1, NULL, x'00', 'digest', 5, ${seal})`);
    }
    using fresh = new DatabaseSync(':memory:');
    createSchema(fresh);
    restore(fresh, { tables: new Map([[SOURCES, salvage(path).tables.get(SOURCES) ?? []]]), lost: [] });
    expect(new SourceTable(fresh).read('s')).toMatchObject({ floorMs: 3, isDamaged: true, seenSigned: false });
  });

  it('saves nothing and loses nothing of a store that is empty', () => {
    using dir = new TempDir();
    const saved = salvage(join(dir.path, 'empty.db'));
    expect([saved.tables.get(SERVERS), saved.lost]).toEqual([[], []]);
  });

  it('never throws for a store that cannot be opened', () => {
    using dir = new TempDir();
    const saved = salvage(join(dir.path, 'missing', 'store.db'));
    expect([saved.tables.size, saved.lost]).toEqual([0, [expect.stringMatching(/^everything: /)]]);
  });
});
