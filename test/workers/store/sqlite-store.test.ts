import { chmodSync, existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { StoredMap } from '../../../src/shared/protocol/writer-messages.ts';
import type { StoreNote } from '../../../src/shared/servers/store-notes.ts';
import { SqliteStore } from '../../../src/workers/store/sqlite-store.ts';
import { NO_FACTS, UNSIGNED } from '../../helpers/stored-source.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const mapAt = (generatedAtMs: number, text: string): StoredMap => ({
  storeKey: 's',
  etag: `"${text}"`,
  body: new TextEncoder().encode(text),
  generatedAtMs,
  savedAtMs: 5,
});

describe('SqliteStore', () => {
  it('SqliteStore keeps a map across restarts, in a file private to its owner', () => {
    using dir = new TempDir();
    const stateDir = join(dir.path, 'deep', 'er');
    const first = new SqliteStore(stateDir);
    first.saveMap(mapAt(10, 'one'), UNSIGNED);
    first.close();
    const second = new SqliteStore(stateDir);
    expect(second.readSource('s')).toEqual({ floorMs: 10, map: mapAt(10, 'one'), isDamaged: false, ...NO_FACTS });
    expect(second.readSource('unknown')).toEqual({ floorMs: null, map: null, isDamaged: false, ...NO_FACTS });
    expect([statSync(second.path).mode & 0o777, statSync(stateDir).mode & 0o777]).toEqual([0o600, 0o700]);
    second.close();
  });

  it('SqliteStore never replaces a newer map or lowers the minimum map time', () => {
    using dir = new TempDir();
    const store = new SqliteStore(dir.path);
    store.saveMap(mapAt(20, 'new'), UNSIGNED);
    store.saveMap(mapAt(10, 'old'), UNSIGNED);
    expect(store.readSource('s')).toMatchObject({ floorMs: 20, map: { etag: '"new"' } });
    store.saveMap(mapAt(20, 'same instant'), UNSIGNED);
    expect(store.readSource('s').map?.etag).toBe('"same instant"');
    store.close();
  });

  it('SqliteStore serves two connections concurrently', () => {
    using dir = new TempDir();
    const one = new SqliteStore(dir.path);
    const other = new SqliteStore(dir.path);
    one.saveMap(mapAt(1, 'a'), UNSIGNED);
    other.saveMap(mapAt(2, 'b'), UNSIGNED);
    expect(one.readSource('s').floorMs).toBe(2);
    one.close();
    other.close();
  });

  it('SqliteStore returns no map whose bytes do not match their checksum, but keeps the minimum map time', () => {
    using dir = new TempDir();
    const store = new SqliteStore(dir.path);
    store.saveMap(mapAt(10, 'one'), UNSIGNED);
    const vandal = new DatabaseSync(store.path);
    vandal.prepare('UPDATE source SET body = ?').run(new TextEncoder().encode('two'));
    vandal.close();
    expect(store.readSource('s')).toEqual({ floorMs: 10, map: null, isDamaged: true, ...NO_FACTS });
    store.close();
  });

  it('SqliteStore does not change a store of a newer format', () => {
    using dir = new TempDir();
    new SqliteStore(dir.path).close();
    const newer = new DatabaseSync(join(dir.path, 'switchyard.db'));
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    expect(() => new SqliteStore(dir.path)).toThrow(expect.objectContaining({ code: 'STORE_TOO_NEW' }));
  });

  it('SqliteStore throws STORE_UNAVAILABLE for a path that it cannot use', () => {
    using dir = new TempDir();
    const file = join(dir.path, 'file');
    writeFileSync(file, '');
    expect(() => new SqliteStore(join(file, 'below'))).toThrow(expect.objectContaining({ code: 'STORE_UNAVAILABLE' }));
    writeFileSync(
      join(dir.path, 'switchyard.db'),
      'this is no database, and long enough to be seen as none '.repeat(40),
    );
    expect(() => new SqliteStore(dir.path)).toThrow(expect.objectContaining({ code: 'STORE_UNAVAILABLE' }));
    chmodSync(file, 0o600);
    expect(existsSync(join(dir.path, 'switchyard.db'))).toBe(true);
  });

  it('SqliteStore works without a write-ahead log, and explains why', () => {
    using dir = new TempDir();
    const notes: StoreNote[] = [];
    const rollback = { mode: 'TRUNCATE', reason: 'for a reason' } as const;
    const open = (): SqliteStore => new SqliteStore(dir.path, (note) => notes.push(note), rollback);
    const one = open();
    const other = open();
    one.saveMap(mapAt(1, 'a'), UNSIGNED);
    other.saveMap(mapAt(2, 'b'), UNSIGNED);
    expect(one.readSource('s').floorMs).toBe(2);
    expect(existsSync(`${one.path}-wal`)).toBe(false);
    expect(notes).toEqual([1, 2].map(() => ({ kind: 'journal-mode', mode: 'truncate', reason: 'for a reason' })));
    one.close();
    other.close();
  });

  it('SqliteStore uses the same journal mode as a process that already has the store open', () => {
    using dir = new TempDir();
    const notes: StoreNote[] = [];
    const first = new SqliteStore(dir.path);
    const second = new SqliteStore(dir.path, (note) => notes.push(note), {
      mode: 'TRUNCATE',
      reason: 'for a reason',
    });
    second.saveMap(mapAt(1, 'a'), UNSIGNED);
    expect(first.readSource('s').floorMs).toBe(1);
    expect(notes).toEqual([{ kind: 'journal-mode', mode: 'wal', reason: 'for a reason' }]);
    first.close();
    second.close();
  });

  it('SqliteStore throws STORE_UNAVAILABLE if it cannot write a map', () => {
    using dir = new TempDir();
    const store = new SqliteStore(dir.path);
    const vandal = new DatabaseSync(store.path);
    vandal.exec('DROP TABLE source');
    vandal.close();
    expect(() => store.saveMap(mapAt(1, 'x'), UNSIGNED)).toThrow(
      expect.objectContaining({ code: 'STORE_UNAVAILABLE' }),
    );
    store.close();
  });
});
