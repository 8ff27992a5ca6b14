import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { DamageError, isBusy, isDamage, isDiskFailure } from '../../../src/workers/tables/sqlite-errors.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const errorOf = (work: () => void): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

const verdictOf = (error: unknown) => [isDamage(error), isBusy(error), isDiskFailure(error)];

const withCode = (errcode: number): Error => Object.assign(new Error('SQLite says so'), { errcode });

describe('store error', () => {
  it('the error for a file that is not a database counts as damage', () => {
    using dir = new TempDir();
    const path = join(dir.path, 'store.db');
    writeFileSync(path, 'x'.repeat(4_096));
    using database = new DatabaseSync(path);
    expect(verdictOf(errorOf(() => database.exec('SELECT * FROM sqlite_master')))).toEqual([true, false, false]);
  });

  it('the error for a lock that another process holds does not count as damage', () => {
    using dir = new TempDir();
    const path = join(dir.path, 'store.db');
    using holder = new DatabaseSync(path);
    holder.exec('BEGIN EXCLUSIVE');
    using database = new DatabaseSync(path, { timeout: 0 });
    expect(verdictOf(errorOf(() => database.exec('BEGIN IMMEDIATE')))).toEqual([false, true, false]);
  });

  it('a store error is classified by its primary result code, for any extended code', () => {
    expect(isDiskFailure(withCode(10 | (4 << 8)))).toBe(true);
    expect(isDamage(withCode(11 | (2 << 8)))).toBe(true);
    expect(isBusy(withCode(5 | (2 << 8)))).toBe(true);
  });

  it('a store error is found in the chain of causes of another error', () => {
    const wrapped = new Error('outer', { cause: new Error('inner', { cause: new DamageError('a record') }) });
    expect(isDamage(wrapped)).toBe(true);
    expect(isDiskFailure(new Error('outer', { cause: withCode(8) }))).toBe(true);
  });

  it('an error of another kind is not taken for damage, a lock or a disk error', () => {
    for (const error of [new Error('x'), 'text', null, undefined, withCode(1)])
      expect(verdictOf(error)).toEqual([false, false, false]);
  });
});
