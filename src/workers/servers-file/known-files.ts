import type { DatabaseSync } from 'node:sqlite';
import { FILES } from '../tables/schema.ts';
import { columnsOf, provenRows, sealOf, selectSealed } from '../tables/seal.ts';

type Row = readonly [string, string | null, string | null, string, string, number];

/** The state of a `servers.json` when it was last read or written. */
export interface KnownFile {
  readonly sha256: string | null;
  /** Checksum of the content that a process was about to write; null if no write was interrupted. */
  readonly pendingSha256: string | null;
  /** The invalid entries of the file as JSON. `rest` has its fields other than `servers`. */
  readonly bad: string;
  readonly rest: string;
}

/** The state of each `servers.json` when the file and the store last had the same content. */
export class KnownFiles {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    database.exec(FILES.create);
  }

  /** Returns what is known about a file. Throws a DamageError. */
  of(path: string): KnownFile {
    const [, sha256, pendingSha256, bad, rest] = this.#row(path);
    return { sha256, pendingSha256, bad, rest };
  }

  remember(path: string, { sha256, pendingSha256, bad, rest }: KnownFile): void {
    const [, , , , , revision] = this.#row(path);
    const sealed = [path, sha256, pendingSha256, bad, rest, revision + 1];
    const sql = `INSERT OR REPLACE INTO servers_file (${columnsOf(FILES)}) VALUES (?, ?, ?, ?, ?, ?, ?)`;
    this.#database.prepare(sql).run(...sealed, sealOf(sealed));
  }

  forget(path: string): void {
    this.#database.prepare('DELETE FROM servers_file WHERE path = ?').run(path);
  }

  #row(path: string): Row {
    const rows = provenRows(FILES, selectSealed(this.#database, FILES, 'WHERE path = ?').all(path));
    return (rows[0] as unknown as Row | undefined) ?? [path, null, null, '[]', '{}', 0];
  }
}
