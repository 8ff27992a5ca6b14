import {
  chmodSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createKeyFile, keyFilePath, readKeyFile } from '../../../../src/workers/logins/keys/key-file.ts';
import { TempDir } from '../../../helpers/temp-dir.ts';

const bytes = Buffer.alloc(32, 7);
const other = Buffer.alloc(32, 8);
const isWindows = process.platform === 'win32';

describe('login key file', () => {
  it('the login key file is created once, with its complete content, and never replaced', () => {
    using dir = new TempDir();
    expect(readKeyFile(dir.path)).toEqual({ kind: 'none' });
    expect(createKeyFile(dir.path, bytes)).toEqual(bytes);
    expect(createKeyFile(dir.path, other)).toEqual(bytes);
    expect(readKeyFile(dir.path)).toEqual({ kind: 'key', bytes, exposedMode: null });
    expect(readdirSync(dir.path).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('the second hard link that a killed process left for the login key file is removed', () => {
    using dir = new TempDir();
    const [path, left] = [keyFilePath(dir.path), join(dir.path, '.logins.key.0d2c.tmp')];
    createKeyFile(dir.path, bytes);
    linkSync(path, left);
    expect(readKeyFile(dir.path)).toMatchObject({ kind: 'key', bytes });
    expect([existsSync(left), readFileSync(path).equals(bytes)]).toEqual([false, true]);
  });

  it('creating the login key file removes the temporary file of a process that was killed', () => {
    using dir = new TempDir();
    const left = join(dir.path, '.logins.key.0d2c.tmp');
    writeFileSync(left, other);
    expect(createKeyFile(dir.path, bytes)).toEqual(bytes);
    expect(existsSync(left)).toBe(false);
  });

  it.skipIf(isWindows)('the login key file is made private if other users could read it, with a single warning', () => {
    using dir = new TempDir();
    createKeyFile(dir.path, bytes);
    chmodSync(keyFilePath(dir.path), 0o644);
    expect(readKeyFile(dir.path)).toEqual({ kind: 'key', bytes, exposedMode: 0o644 });
    expect(statSync(keyFilePath(dir.path)).mode & 0o777).toBe(0o600);
    expect(readKeyFile(dir.path)).toMatchObject({ exposedMode: null });
  });

  it.each([
    ['truncated', Buffer.alloc(31, 1)],
    ['too long', Buffer.alloc(33, 1)],
    ['empty', Buffer.alloc(0)],
    ['all zeros, as after a power cut', Buffer.alloc(32)],
  ])('the login key file is renamed and replaced, but not deleted, if it is %s', (_, content) => {
    using dir = new TempDir();
    writeFileSync(keyFilePath(dir.path), content, { mode: 0o600 });
    expect(readKeyFile(dir.path)).toEqual({ kind: 'invalid' });
    expect(createKeyFile(dir.path, bytes)).toEqual(bytes);
    expect(readFileSync(`${keyFilePath(dir.path)}.bak`)).toEqual(content);
  });

  it.skipIf(isWindows)('the login key file is rejected if it is a symbolic link, even a dangling one', () => {
    using dir = new TempDir();
    const target = join(dir.path, 'elsewhere');
    symlinkSync(target, keyFilePath(dir.path));
    expect(() => readKeyFile(dir.path)).toThrow(expect.objectContaining({ code: 'STORE_UNSAFE' }));
    expect(() => createKeyFile(dir.path, bytes)).toThrow(expect.objectContaining({ code: 'STORE_UNSAFE' }));
    expect(existsSync(target)).toBe(false);
  });
});
