import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { ServerInfo } from '../shared/server-info.ts';
import type { ServerChange } from '../shared/server-records.ts';

/** The servers since a revision, in the order in which they came. */
export interface ServerRows {
  readonly revision: number;
  readonly rows: readonly ServerChange[];
  /** Rows whose checksum does not match: they are passed over. */
  readonly damaged: readonly string[];
}

/** Rows of servers that are gone stay, without their content, so that other processes hear of it. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS server (
    name TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    info TEXT,
    sha256 TEXT NOT NULL,
    file_sha256 TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS server_revision ON server (revision);
`;

const UPSERT = `
  INSERT INTO server (name, position, revision, info, sha256)
  VALUES (:name, :revision * 100000 + :index, :revision, :info, :sha256)
  ON CONFLICT (name) DO UPDATE SET
    position = CASE WHEN server.info IS NULL THEN excluded.position ELSE server.position END,
    revision = excluded.revision,
    info = excluded.info,
    sha256 = excluded.sha256
`;

interface Row {
  readonly name: string;
  readonly info: string | null;
  readonly sha256: string;
}

/** The servers of a registry in its store. */
export class ServerTable {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    database.exec(SCHEMA);
  }

  /** Makes changes in one commit; the revision they got. Durable once this returns. To be called in no transaction. */
  apply(changes: readonly ServerChange[]): number {
    return inTransaction(this.#database, () => this.applyWithin(changes));
  }

  /** The same, in the transaction that the caller holds. */
  applyWithin(changes: readonly ServerChange[]): number {
    const revision = this.revision() + 1;
    const upsert = this.#database.prepare(UPSERT);
    for (const [index, { name, info }] of changes.entries()) {
      const text = info === null ? null : JSON.stringify(info);
      upsert.run({ name, revision, index, info: text, sha256: digestOf(text) });
    }
    return changes.length === 0 ? revision - 1 : revision;
  }

  /** What changed after a revision; 0 for all. */
  since(revision: number): ServerRows {
    const sql = 'SELECT name, info, sha256 FROM server WHERE revision > ? ORDER BY position';
    const found = this.#database.prepare(sql).all(revision) as unknown as Row[];
    const damaged = found.filter(({ info, sha256 }) => digestOf(info) !== sha256).map(({ name }) => name);
    const rows = found
      .filter(({ name }) => !damaged.includes(name))
      .map(({ name, info }) => ({ name, info: info === null ? null : (JSON.parse(info) as ServerInfo) }));
    return { revision: this.revision(), rows, damaged };
  }

  /** Grows with every commit. */
  revision(): number {
    const row = this.#database.prepare('SELECT max(revision) AS revision FROM server').get() as {
      revision: number | null;
    };
    return row.revision ?? 0;
  }
}

/** Runs `work` holding the write lock from its start: what it read is so until it is done. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** The checksum of what a row holds. */
export function digestOf(text: string | null): string {
  return hash('sha256', text ?? '');
}
