import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { NO_REFRESH, type RefreshState } from '../../shared/logins/refresh-turns.ts';
import { openBox, type SealingKey, seal } from '../../shared/protocol/login-box.ts';

/** The kinds of records. A record is encrypted for its kind, so that it cannot be read as a record of another kind. */
export type RecordKind = 'binding' | 'login' | 'client';

/** A record that could be decrypted. */
export interface OpenRecord {
  readonly id: string;
  readonly generation: number;
  readonly value: unknown;
}

/** The readable records of one kind, and the number of unreadable records. */
export interface ReadRecords {
  readonly records: readonly OpenRecord[];
  /** Number of records encrypted with a key that is not available. */
  readonly otherKey: number;
  /** Number of records that their key cannot decrypt, because they are damaged or were moved from another row. */
  readonly damaged: number;
}

/** A row in any state. `value` is null for a removed record and undefined for a record that cannot be decrypted. */
export interface RowState {
  readonly generation: number;
  readonly value: unknown;
}

type FindKey = (keyId: string) => SealingKey | null;

interface Row {
  readonly id: string;
  readonly generation: number;
  readonly keyId: string;
  readonly box: Uint8Array;
}

interface StoreState {
  readonly storeId: string;
  readonly revision: number;
  readonly keyringKey: string | null;
}

/**
 * Returns the SQL for a column with a number. If JavaScript cannot represent the number, it is read as −1. Otherwise
 * one damaged number would make the whole file count as damaged.
 */
const number = (column: string): string =>
  `CASE WHEN ${column} BETWEEN 0 AND ${Number.MAX_SAFE_INTEGER - 1} THEN ${column} ELSE -1 END`;

/** The SQL statements of the login store. If several statements belong together, the caller must open a transaction. */
export class LoginTable {
  readonly #find: FindKey;
  readonly #onChange: () => void;
  readonly #all: StatementSync;
  readonly #one: StatementSync;
  readonly #generation: StatementSync;
  readonly #ids: StatementSync;
  readonly #put: StatementSync;
  readonly #empty: StatementSync;
  readonly #count: StatementSync;
  readonly #state: StatementSync;
  readonly #refresh: StatementSync;
  readonly #putRefresh: StatementSync;
  readonly #dropRefresh: StatementSync;
  readonly #noteKey: StatementSync;

  /**
   * `onChange` is called for each change to a record, before the change is committed. If it throws, nothing is
   * committed.
   */
  constructor(database: DatabaseSync, find: FindKey, onChange: () => void) {
    this.#find = find;
    this.#onChange = onChange;
    const row = `id, ${number('generation')} AS generation, key_id AS keyId, box`;
    this.#all = database.prepare(`SELECT ${row} FROM sealed_record WHERE kind = ? AND box IS NOT NULL ORDER BY id`);
    this.#one = database.prepare(`SELECT ${row} FROM sealed_record WHERE kind = ? AND id = ? AND box IS NOT NULL`);
    this.#generation = database.prepare(
      `SELECT ${number('generation')} AS generation FROM sealed_record WHERE kind = ? AND id = ?`,
    );
    this.#ids = database.prepare('SELECT id FROM sealed_record WHERE kind = ? ORDER BY id');
    this.#put = database.prepare(
      'INSERT OR REPLACE INTO sealed_record (kind, id, generation, key_id, box) VALUES (?, ?, ?, ?, ?)',
    );
    this.#empty = database.prepare(
      'UPDATE sealed_record SET box = NULL, generation = ? WHERE kind = ? AND id = ? AND box IS NOT NULL',
    );
    this.#count = database.prepare('UPDATE login_store SET revision = (revision + 1) % 9007199254740991');
    this.#state = database.prepare(
      `SELECT store_id AS storeId, ${number('revision')} AS revision, keyring_key AS keyringKey FROM login_store`,
    );
    this.#refresh = database.prepare(`
      SELECT lease_id AS leaseId, owner, ${number('granted_at_ms')} AS grantedAtMs, may_be_spent <> 0 AS mayBeSpent
      FROM refresh WHERE login_id = ?
    `);
    this.#putRefresh = database.prepare('INSERT OR REPLACE INTO refresh VALUES (?, ?, ?, ?, ?)');
    this.#dropRefresh = database.prepare('DELETE FROM refresh WHERE login_id = ?');
    this.#noteKey = database.prepare('UPDATE login_store SET keyring_key = ? WHERE keyring_key IS ?');
  }

  read(kind: RecordKind): ReadRecords {
    const records: OpenRecord[] = [];
    let [otherKey, damaged] = [0, 0];
    for (const row of this.#all.iterate(kind) as Iterable<unknown> as Iterable<Row>) {
      const opened = this.#open(kind, row);
      if (typeof opened === 'object') records.push(opened);
      else if (opened === 'other-key') otherKey += 1;
      else damaged += 1;
    }
    return { records, otherKey, damaged };
  }

  /** Reads one record. Returns null if it does not exist or cannot be decrypted. */
  readOne(kind: RecordKind, id: string): OpenRecord | null {
    const row = this.#one.get(kind, id) as Row | undefined;
    const opened = row === undefined ? null : this.#open(kind, row);
    return typeof opened === 'object' ? opened : null;
  }

  /**
   * Adds or replaces a record. Returns its new generation, which is higher than all earlier generations of the record.
   */
  put(kind: RecordKind, id: string, value: unknown, key: SealingKey): number {
    const generation = this.#nextGeneration(kind, id);
    this.#store(kind, id, generation, value, key);
    return generation;
  }

  /**
   * Adds or replaces a record with the generation that another store assigned. If `value` is null, removes the record.
   */
  putAt(kind: RecordKind, id: string, generation: number, value: unknown, key: SealingKey): void {
    this.#store(kind, id, generation, value, key);
  }

  /** Removes a record. The row stays, and the removal counts as a new generation. */
  remove(kind: RecordKind, id: string): void {
    if (this.#empty.run(this.#nextGeneration(kind, id), kind, id).changes > 0) this.#changed();
  }

  /** Returns the ids of all rows of a kind, including removed ones. */
  ids(kind: RecordKind): readonly string[] {
    return (this.#ids.all(kind) as unknown as Pick<Row, 'id'>[]).map(({ id }) => id);
  }

  /** Returns the state of a row, or null if the row never existed. */
  rowState(kind: RecordKind, id: string): RowState | null {
    const present = this.#generation.get(kind, id) as Pick<Row, 'generation'> | undefined;
    if (present === undefined) return null;
    const row = this.#one.get(kind, id) as Row | undefined;
    if (row === undefined) return { generation: present.generation, value: null };
    const opened = this.#open(kind, row);
    return { generation: row.generation, value: typeof opened === 'object' ? opened.value : undefined };
  }

  refreshOf(loginId: string): RefreshState {
    const row = this.#refresh.get(loginId);
    if (row === undefined) return NO_REFRESH;
    const { leaseId, owner, grantedAtMs, mayBeSpent } = row;
    const hasLease = typeof leaseId === 'string';
    return {
      lease: hasLease ? { leaseId, owner: String(owner), grantedAtMs: Number(grantedAtMs) } : null,
      mayBeSpent: mayBeSpent === 1,
    };
  }

  putRefresh(loginId: string, { lease, mayBeSpent }: RefreshState): void {
    if (lease === null && !mayBeSpent) this.#dropRefresh.run(loginId);
    else {
      const { leaseId = null, owner = null, grantedAtMs = null } = lease ?? {};
      this.#putRefresh.run(loginId, leaseId, owner, grantedAtMs, mayBeSpent ? 1 : 0);
    }
  }

  /** Returns a string that changes whenever a record changes, and that is different in each store. */
  version(): string {
    const { storeId, revision } = this.#storeState();
    return `${storeId} ${revision}`;
  }

  storeId(): string {
    return this.#storeState().storeId;
  }

  /** Returns the name of the key in the keyring, or null if the keyring has no key for this file. */
  keyringKey(): string | null {
    return this.#storeState().keyringKey;
  }

  /**
   * Stores the name of a key in the keyring, unless another process has stored another name. Returns the stored name.
   */
  noteKeyringKey(expected: string | null, next: string): string | null {
    this.#noteKey.run(next, expected);
    return this.keyringKey();
  }

  #nextGeneration(kind: RecordKind, id: string): number {
    const before = this.#generation.get(kind, id) as Pick<Row, 'generation'> | undefined;
    return (before?.generation ?? 0) + 1;
  }

  #store(kind: RecordKind, id: string, generation: number, value: unknown, key: SealingKey): void {
    const box = value === null ? null : seal(value, { table: kind, rowId: id, generation }, key);
    this.#put.run(kind, id, generation, key.keyId, box);
    this.#changed();
  }

  #changed(): void {
    this.#onChange();
    this.#count.run();
  }

  #storeState(): StoreState {
    return this.#state.get() as unknown as StoreState;
  }

  #open(kind: RecordKind, { id, generation, keyId, box }: Row): OpenRecord | 'other-key' | 'damaged' {
    const key = this.#find(keyId);
    if (key === null) return 'other-key';
    const opened = openBox(box, { table: kind, rowId: id, generation }, key);
    return opened === null ? 'damaged' : { id, generation, value: opened.value };
  }
}
