import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import {
  chooseJournalMode,
  hasWalResetBug,
  networkFileSystem,
  networkFileSystemOf,
} from '../../../src/workers/store/journal-mode.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

describe('SQLite journal mode', () => {
  it.each(['3.7.0', '3.44.5', '3.45.0', '3.50.6', '3.51.0', '3.51.2', '2.8.17'])(
    'the SQLite journal mode is not WAL on SQLite %s',
    (version) => {
      expect(hasWalResetBug(version)).toBe(true);
      expect(chooseJournalMode(version, null)).toEqual({ mode: 'TRUNCATE', reason: expect.stringContaining(version) });
    },
  );

  it.each(['3.44.6', '3.50.7', '3.50.10', '3.51.3', '3.52.0', '3.53.4', '4.0.0'])(
    'the SQLite journal mode is WAL on SQLite %s',
    (version) => {
      expect(hasWalResetBug(version)).toBe(false);
      expect(chooseJournalMode(version, null)).toEqual({ mode: 'WAL', reason: null });
    },
  );

  it('the SQLite journal mode is WAL with the SQLite version and disk of the tests', () => {
    using dir = new TempDir();
    const { version } = new DatabaseSync(':memory:').prepare('SELECT sqlite_version() AS version').get() as {
      version: string;
    };
    expect(chooseJournalMode(version, networkFileSystemOf(dir.path))).toEqual({ mode: 'WAL', reason: null });
  });

  it.each([
    [0x6969, 'NFS'],
    [0xff534d42, 'CIFS'],
    [0xff534d42 | 0, 'CIFS'],
    [0xfe534d42, 'SMB2'],
    [0x01021997, '9p'],
    [0x65735546, 'FUSE'],
  ])('the SQLite journal mode is not WAL on a file system of type %i', (type, name) => {
    expect(networkFileSystem(type)).toBe(name);
    expect(chooseJournalMode('3.53.4', name)).toEqual({ mode: 'TRUNCATE', reason: expect.stringContaining(name) });
  });

  it.each([
    ['ext4', 0xef53],
    ['xfs', 0x58465342],
    ['btrfs', 0x9123683e],
    ['tmpfs', 0x01021994],
    ['overlay', 0x794c7630],
  ])('the SQLite journal mode is WAL on %s', (_name, type) => {
    expect(networkFileSystem(type)).toBeNull();
  });
});
