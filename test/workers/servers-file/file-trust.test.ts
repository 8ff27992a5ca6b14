import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  assertTrustedFile,
  assertTrustedFolder,
  exposureOf,
  isTrustedOwner,
} from '../../../src/workers/servers-file/file-trust.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const UNSAFE = expect.objectContaining({ code: 'STORE_UNSAFE' });

it('isTrustedOwner() accepts only this user and root', () => {
  const own = process.geteuid?.() ?? 0;
  expect([own, 0, own + 1].map(isTrustedOwner)).toEqual([true, true, false]);
});

describe('exposureOf()', () => {
  it.each([
    [0o700, null],
    [0o755, null],
    [0o770, 'is writable by users other than its owner (mode 770)'],
    [0o1777, 'is writable by users other than its owner (mode 1777)'],
  ])('exposureOf() returns for a folder of mode %o: %j', (mode, said) => {
    using dir = new TempDir();
    chmodSync(dir.path, mode);
    expect(exposureOf(dir.path)).toBe(said);
  });
});

describe('assertTrustedFile()', () => {
  it('assertTrustedFile() accepts a missing file and a regular file', () => {
    using dir = new TempDir();
    const path = join(dir.path, 'file');
    assertTrustedFile(path, { mayBeLink: false });
    writeFileSync(path, '');
    assertTrustedFile(path, { mayBeLink: false });
  });

  it('assertTrustedFile() follows links only if they are allowed and do not form a circle', () => {
    using dir = new TempDir();
    const [link, round] = [join(dir.path, 'link'), join(dir.path, 'round')];
    symlinkSync('missing', link);
    symlinkSync('round', round);
    assertTrustedFile(link, { mayBeLink: true });
    expect(() => assertTrustedFile(link, { mayBeLink: false })).toThrow(UNSAFE);
    expect(() => assertTrustedFile(round, { mayBeLink: true })).toThrow(UNSAFE);
  });

  it('assertTrustedFile() checks the target of a link', () => {
    using dir = new TempDir();
    const link = join(dir.path, 'link');
    symlinkSync('/dev/null', link);
    expect(() => assertTrustedFile(link, { mayBeLink: true })).toThrow('is not a regular file but a device');
    assertTrustedFile(link, { mayBeLink: true, mayBeOther: true });
  });
});

it('assertTrustedFolder() accepts a missing folder, a real folder and, if allowed, a link', () => {
  using dir = new TempDir();
  const [folder, link, file] = ['folder', 'link', 'file'].map((name) => join(dir.path, name)) as [
    string,
    string,
    string,
  ];
  assertTrustedFolder(folder, { mayBeLink: false });
  mkdirSync(folder);
  symlinkSync(folder, link);
  writeFileSync(file, '');
  assertTrustedFolder(folder, { mayBeLink: false });
  assertTrustedFolder(link, { mayBeLink: true });
  expect(() => assertTrustedFolder(link, { mayBeLink: false })).toThrow(UNSAFE);
  expect(() => assertTrustedFolder(file, { mayBeLink: true })).not.toThrow();
});
