import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import {
  createStoreFile,
  fileIdOf,
  holdingStoreLock,
  setStoreAside,
  storePath,
} from '../../../src/workers/store/store-files.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('store files', () => {
  it('new store files are private to their owner, and their parent folders are created', () => {
    using dir = new TempDir();
    const stateDir = join(dir.path, 'a', 'b');
    createStoreFile(stateDir);
    expect([modeOf(stateDir), modeOf(storePath(stateDir))]).toEqual([0o700, 0o600]);
  });

  it('createStoreFile() does not change an existing store file', () => {
    using dir = new TempDir();
    const path = storePath(dir.path);
    writeFileSync(path, 'content');
    chmodSync(path, 0o640);
    createStoreFile(dir.path);
    expect([readFileSync(path, 'utf8'), modeOf(path)]).toEqual(['content', 0o640]);
  });

  it('a new store removes the write-ahead log of a deleted store', () => {
    using dir = new TempDir();
    const path = storePath(dir.path);
    for (const suffix of ['-wal', '-shm', '-journal']) writeFileSync(path + suffix, 'old');
    createStoreFile(dir.path);
    expect(readdirSync(dir.path).toSorted()).toEqual(['switchyard.db', 'switchyard.lock']);
  });

  it('a store file is created at the target of a symbolic link, even if the target does not exist yet', () => {
    using dir = new TempDir();
    const [stateDir, target] = [join(dir.path, 'state'), join(dir.path, 'elsewhere.db')];
    mkdirSync(stateDir);
    symlinkSync('../second', join(stateDir, 'switchyard.db'));
    symlinkSync(target, join(dir.path, 'second'));
    expect(storePath(stateDir)).toBe(target);
    createStoreFile(stateDir);
    expect(existsSync(target)).toBe(true);
  });

  it('the files of a store are renamed together, to a free name', () => {
    using dir = new TempDir();
    const path = storePath(dir.path);
    for (const [suffix, text] of [
      ['', 'store'],
      ['-wal', 'log'],
      ['.corrupt', 'an older one'],
    ] as const)
      writeFileSync(path + suffix, text);
    const backup = setStoreAside(dir.path);
    expect(backup).toBe(`${path}.1.corrupt`);
    expect([readFileSync(backup, 'utf8'), readFileSync(`${backup}-wal`, 'utf8')]).toEqual(['store', 'log']);
    expect([existsSync(path), existsSync(`${path}-wal`)]).toEqual([false, false]);
  });

  it('the identity of a store file changes when the file is replaced', () => {
    using dir = new TempDir();
    expect(fileIdOf(join(dir.path, 'none'))).toBeNull();
    const [one, two] = [join(dir.path, 'one'), join(dir.path, 'two')];
    for (const path of [one, two]) writeFileSync(path, '');
    expect(fileIdOf(one)).toBe(fileIdOf(one));
    expect(fileIdOf(one)).not.toBe(fileIdOf(two));
  });

  it('store files are processed under a lock that is always released', () => {
    using dir = new TempDir();
    const isLocked = (): boolean => {
      using other = new DatabaseSync(join(dir.path, 'switchyard.lock'), { timeout: 0 });
      try {
        other.exec('BEGIN EXCLUSIVE');
        return false;
      } catch {
        return true;
      }
    };
    expect(holdingStoreLock(dir.path, isLocked)).toBe(true);
    const fail = (): never => {
      throw new Error('work failed');
    };
    expect(() => holdingStoreLock(dir.path, fail)).toThrow('work failed');
    expect(isLocked()).toBe(false);
  });
});
