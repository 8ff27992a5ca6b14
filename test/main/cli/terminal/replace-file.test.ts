import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { replaceFile } from '../../../../src/main/cli/terminal/replace-file.ts';
import { TempDir } from '../../../helpers/temp-dir.ts';

describe('replaceFile', () => {
  it('replaces the text and leaves no other file behind', () => {
    using dir = new TempDir();
    const file = join(dir.path, 'a');
    writeFileSync(file, 'old');
    replaceFile(file, 'new', { mode: 0o600 });
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777, readdirSync(dir.path)]).toEqual([
      'new',
      0o600,
      ['a'],
    ]);
  });

  it('keeps a file that it may not replace', () => {
    using dir = new TempDir();
    const file = join(dir.path, 'a');
    writeFileSync(file, 'old');
    expect(() => replaceFile(file, 'new', { mayReplace: false })).toThrow('give --force to replace it');
    expect([readFileSync(file, 'utf8'), readdirSync(dir.path)]).toEqual(['old', ['a']]);
  });

  it('says why it cannot write', () => {
    expect(() => replaceFile('/no/such/folder/a', '')).toThrow('Cannot write /no/such/folder/a (ENOENT)');
  });
});
