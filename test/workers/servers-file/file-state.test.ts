import { renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isJustWritten, sizeOf, stampOf } from '../../../src/workers/servers-file/file-state.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

describe('file state', () => {
  it('the state of a file changes when the file is written, replaced by an identical file or deleted', () => {
    using dir = new TempDir();
    const path = join(dir.path, 'file');
    const gone = stampOf(path);
    writeFileSync(path, 'one');
    const first = stampOf(path);
    writeFileSync(path, 'longer');
    const second = stampOf(path);
    writeFileSync(`${path}.twin`, 'longer');
    utimesSync(`${path}.twin`, 1, 1);
    renameSync(`${path}.twin`, path);
    expect(new Set([gone, first, second, stampOf(path)]).size).toBe(4);
    expect(stampOf(path)).toBe(stampOf(path));
  });

  it('sizeOf() returns the size of a file, or 0 if the file is missing', () => {
    using dir = new TempDir();
    const path = join(dir.path, 'file');
    expect(sizeOf(path)).toBe(0);
    writeFileSync(path, 'abc');
    expect(sizeOf(path)).toBe(3);
  });

  it('isJustWritten() is true only if a file exists and its last write is dated close to the present', () => {
    using dir = new TempDir();
    const path = join(dir.path, 'file');
    expect(isJustWritten(path)).toBe(false);
    writeFileSync(path, 'abc');
    expect(isJustWritten(path)).toBe(true);
    const nowSeconds = Date.now() / 1_000;
    for (const seconds of [nowSeconds - 60, nowSeconds + 60]) {
      utimesSync(path, seconds, seconds);
      expect(isJustWritten(path)).toBe(false);
    }
  });
});
