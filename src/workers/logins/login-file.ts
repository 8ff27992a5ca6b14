import { lstatSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { SealingKey } from '../../shared/protocol/login-box.ts';
import type { StoreNote } from '../../shared/servers/store-notes.ts';
import { fileIdOf } from '../store/store-files.ts';
import { asUnavailable, isDamage, isDiskFailure } from '../tables/sqlite-errors.ts';
import { type LoginDatabase, loginPath, openLogins, replaceLogins } from './login-database.ts';
import { LoginTable } from './login-table.ts';

type Work<T> = (table: LoginTable) => T;

/** How a transaction begins. Readers see one consistent state of the file. Writers run one after another. */
type Mode = 'read' | 'write';
const BEGIN: Readonly<Record<Mode, string>> = { read: 'BEGIN', write: 'BEGIN IMMEDIATE' };

export interface LoginFileDeps {
  readonly stateDir: string;
  readonly tell: (note: StoreNote) => void;
  /** Returns the key with this name, or null if it is not available. */
  readonly find: (keyId: string) => SealingKey | null;
  /** Called for each change to a record, before the change is committed. If it throws, nothing is committed. */
  readonly onChange: () => void;
}

interface Opened extends LoginDatabase {
  readonly table: LoginTable;
}

/**
 * Keeps the login file open. If the file was deleted or replaced, or if the disk failed, opens it again. Renames a
 * damaged file.
 */
export class LoginFile {
  readonly stateDir: string;
  readonly path: string;
  readonly #tell: (note: StoreNote) => void;
  readonly #find: (keyId: string) => SealingKey | null;
  readonly #onChange: () => void;
  #opened: Opened | null = null;

  constructor({ stateDir, tell, find, onChange }: LoginFileDeps) {
    this.stateDir = stateDir;
    this.path = loginPath(stateDir);
    this.#tell = tell;
    this.#find = find;
    this.#onChange = onChange;
  }

  /** Reads in one transaction. Returns null if there is no file. Throws a STORE_… error. */
  read<T>(work: Work<T>): T | null {
    return this.#attempt('read', false, work);
  }

  /**
   * Changes records. Returns null if there is no file. The changes are durable once this returns. Throws a STORE_…
   * error.
   */
  change<T>(work: Work<T>): T | null {
    return this.#attempt('write', false, work);
  }

  /**
   * Changes records, and creates the file if it is missing. The changes are durable once this returns. Throws a STORE_…
   * error.
   */
  write<T>(work: Work<T>): T {
    return this.#attempt('write', true, work) as T;
  }

  close(): void {
    const opened = this.#opened;
    this.#opened = null;
    opened?.database.close();
  }

  #attempt<T>(mode: Mode, mayCreate: boolean, work: Work<T>): T | null {
    try {
      return this.#attemptTwice(mode, mayCreate, work);
    } catch (error) {
      throw asUnavailable(`Cannot use the login file ${this.path}`, error);
    }
  }

  /** Runs `work`. If the file turns out to be damaged or replaced, runs `work` once more on the new file. */
  #attemptTwice<T>(mode: Mode, mayCreate: boolean, work: Work<T>): T | null {
    const opened = this.#open(mayCreate);
    if (opened === null) return null;
    try {
      const value = inOneTransaction(opened.database, BEGIN[mode], () => work(opened.table));
      if (fileIdOf(this.path) === opened.fileId) return value;
      this.close();
    } catch (error) {
      // Pages that the kernel failed to write are only written again after the file was reopened (fsyncgate).
      if (isDamage(error) || isDiskFailure(error)) this.close();
      if (!isDamage(error)) throw error;
      this.#take(replaceLogins(this.stateDir, opened.fileId, error, this.#tell));
    }
    const next = this.#open(mayCreate);
    if (next === null) return null;
    return inOneTransaction(next.database, BEGIN[mode], () => work(next.table));
  }

  #open(mayCreate: boolean): Opened | null {
    if (this.#opened !== null && fileIdOf(this.path) !== this.#opened.fileId) this.close();
    if (this.#opened !== null) return this.#opened;
    if (!mayCreate && lstatSync(this.path, { throwIfNoEntry: false }) === undefined) return null;
    return this.#take(openLogins(this.stateDir, this.#tell));
  }

  #take(database: LoginDatabase): Opened {
    this.#opened = { ...database, table: new LoginTable(database.database, this.#find, this.#onChange) };
    return this.#opened;
  }
}

function inOneTransaction<T>(database: DatabaseSync, begin: string, work: () => T): T {
  database.exec(begin);
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
