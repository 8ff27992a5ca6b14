import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeOutputFile } from '../../../../src/main/cli/terminal/write-output-file.ts';
import { TempDir } from '../../../helpers/temp-dir.ts';

test('writeOutputFile() replaces the file and leaves no temporary file', () => {
  using dir = new TempDir();
  const folder = dir.path;
  const path = join(folder, 'out.json');
  writeFileSync(path, 'old');
  writeOutputFile(path, 'new', { mode: 0o600 });
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['out.json']);
});

test('writeOutputFile() does not replace an existing file if `mayReplace` is false', () => {
  using dir = new TempDir();
  const folder = dir.path;
  const path = join(folder, 'out.json');
  writeFileSync(path, 'old');
  const write = (): void => writeOutputFile(path, 'new', { mayReplace: false });
  expect(write).toThrow(
    expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining('--force') }),
  );
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(readdirSync(folder)).toEqual(['out.json']);
});

test('writeOutputFile() reports why a file cannot be written', () => {
  using dir = new TempDir();
  const path = join(dir.path, 'missing', 'out.json');
  expect(() => writeOutputFile(path, 'new')).toThrow(
    expect.objectContaining({ code: 'OPTIONS_INVALID', message: `Cannot write ${path} (ENOENT)` }),
  );
});
