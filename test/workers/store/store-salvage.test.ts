import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { ServerInfo } from '../../../src/shared/servers/server-info.ts';
import { restore, salvage } from '../../../src/workers/store/store-salvage.ts';
import { PINS, SERVERS, SOURCES } from '../../../src/workers/tables/schema.ts';
import { ServerTable } from '../../../src/workers/tables/server-table.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const server = (name: string): ServerInfo => ({ name, transport: 'stdio', command: name });

describe('store salvage', () => {
  it('the store salvage copies the valid records of a damaged store into a new store', () => {
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

  it('the store salvage copies no records and reports no losses for an empty store', () => {
    using dir = new TempDir();
    const saved = salvage(join(dir.path, 'empty.db'));
    expect([saved.tables.get(SERVERS), saved.lost]).toEqual([[], []]);
  });

  it('the store salvage does not throw if the store cannot be opened', () => {
    using dir = new TempDir();
    const saved = salvage(join(dir.path, 'missing', 'store.db'));
    expect([saved.tables.size, saved.lost]).toEqual([0, [expect.stringMatching(/^everything: /)]]);
  });
});
