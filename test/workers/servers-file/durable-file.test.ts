import { readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  freeName,
  readIfThere,
  removeTemporaries,
  replaceDurably,
  setAside,
} from '../../../src/workers/servers-file/durable-file.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

describe('durable file', () => {
  it('a durable file is replaced atomically, private to its owner, and no temporary file remains', () => {
    using dir = new TempDir();
    const folder = dir.path;
    const path = join(folder, 'state');
    writeFileSync(path, 'old', { mode: 0o644 });
    expect(replaceDurably(path, 'new')).toBe(true);
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['state']);
  });

  it('a durable file remains a symbolic link when the target of the link is replaced', () => {
    using dir = new TempDir();
    const folder = dir.path;
    const [target, link] = [join(folder, 'target'), join(folder, 'link')];
    writeFileSync(target, 'old');
    symlinkSync(target, link);
    replaceDurably(link, 'new');
    expect(readlinkSync(link)).toBe(target);
    expect(readFileSync(target, 'utf8')).toBe('new');
  });

  it('a durable file is not replaced if the check right before the replacement forbids it', () => {
    using dir = new TempDir();
    const folder = dir.path;
    const path = join(folder, 'state');
    writeFileSync(path, 'old');
    expect(replaceDurably(path, 'new', () => false)).toBe(false);
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['state']);
  });

  it('leftover temporary files of a durable file are removed, and no other files', () => {
    using dir = new TempDir();
    const folder = dir.path;
    for (const name of ['.state.123.tmp', '.other.123.tmp', '.state.keep', 'state'])
      writeFileSync(join(folder, name), '');
    removeTemporaries(join(folder, 'state'));
    expect(readdirSync(folder).toSorted()).toEqual(['.other.123.tmp', '.state.keep', 'state']);
  });

  it('a durable file that is moved away gets the first free name', () => {
    using dir = new TempDir();
    const path = join(dir.path, 'state');
    writeFileSync(path, 'broken');
    symlinkSync('nowhere', `${path}.bak`);
    expect(freeName(path, 'bak')).toBe(`${path}.1.bak`);
    expect(setAside(path)).toBe(`${path}.1.bak`);
    expect(readFileSync(`${path}.1.bak`, 'utf8')).toBe('broken');
  });

  it('a durable file is only read if it is a regular file within the size limit', () => {
    using dir = new TempDir();
    const folder = dir.path;
    const path = join(folder, 'state');
    writeFileSync(path, 'abc');
    expect(readIfThere(path, 3)?.toString()).toBe('abc');
    expect(readIfThere(join(folder, 'none'), 3)).toBeNull();
    expect(() => readIfThere(path, 2)).toThrow('larger than 2 bytes');
    expect(() => readIfThere(folder, 3)).toThrow('is not a file');
  });
});
