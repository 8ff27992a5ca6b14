import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TrustBook, trustFolder } from '../../../../src/main/cli/discovery/trust-book.ts';
import { TempDir } from '../../../helpers/temp-dir.ts';

let dir: TempDir;
beforeEach(() => {
  dir = new TempDir();
});
afterEach(() => dir[Symbol.dispose]());

describe('trust book', () => {
  it('the CLI remembers a trusted config file by its path and digest, also in later processes', () => {
    new TrustBook(dir.path).add('/a', 'one');
    const book = new TrustBook(dir.path);
    expect([book.has('/a', 'one'), book.has('/a', 'two'), book.has('/b', 'one')]).toEqual([true, false, false]);
  });

  it('the CLI remembers only the last trusted digest of each config file', () => {
    const book = new TrustBook(dir.path);
    book.add('/a', 'one');
    book.add('/b', 'one');
    book.add('/a', 'two');
    expect([book.has('/a', 'one'), book.has('/a', 'two'), book.has('/b', 'one')]).toEqual([false, true, true]);
  });

  it('the list of trusted config files and its folder are accessible only to their owner', () => {
    const folder = join(dir.path, 'state', 'mcp-switchyard');
    new TrustBook(folder).add('/a', 'one');
    expect(readdirSync(folder)).toEqual(['trusted.json']);
    expect(statSync(join(folder, 'trusted.json')).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it.each([
    ['it is damaged', (path: string) => writeFileSync(path, '{')],
    ['other users may write it', (path: string) => chmodSync(path, 0o666)],
  ])('the list of trusted config files is ignored, and replaced at the next confirmation, if %s', (_, spoil) => {
    const book = new TrustBook(dir.path);
    book.add('/a', 'one');
    spoil(join(dir.path, 'trusted.json'));
    expect(book.has('/a', 'one')).toBe(false);
    book.add('/b', 'one');
    expect(book.has('/b', 'one')).toBe(true);
  });

  it('the list of trusted config files is neither read nor written through a symbolic link', () => {
    const other = join(dir.path, 'other.json');
    const text = JSON.stringify({ version: 1, files: { '/a': 'one' } });
    writeFileSync(other, text, { mode: 0o600 });
    const folder = join(dir.path, 'state');
    mkdirSync(folder);
    symlinkSync(other, join(folder, 'trusted.json'));
    const book = new TrustBook(folder);
    expect(book.has('/a', 'one')).toBe(false);
    book.add('/b', 'one');
    expect(readFileSync(other, 'utf8')).toBe(text);
  });

  it("the list of trusted config files is in the user's state folder, and never in a relative path", () => {
    const machine = { platform: 'linux', cwd: '/repo' } as const;
    const folder = (state?: string) => trustFolder({ ...machine, env: { HOME: '/home/me', XDG_STATE_HOME: state } });
    expect(folder('/state')).toBe('/state/mcp-switchyard');
    expect(folder()).toBe('/home/me/.local/state/mcp-switchyard');
    expect(folder('state')).toBe('/home/me/.local/state/mcp-switchyard');
  });
});
