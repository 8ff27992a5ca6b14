import type { DatabaseSync } from 'node:sqlite';
import { FILES } from '../tables/schema.ts';
import { columnsOf, provenRows, sealOf, selectSealed } from '../tables/seal.ts';

type Row = readonly [string, string | null, string | null, string, string, number];

/** What a file was when it was last read or written. */
export interface KnownFile {
  readonly sha256: string | null;
  /** What somebody was about to make of it. */
  readonly pendingSha256: string | null;
  /** JSON of its entries that are none, and of its other members. */
  readonly bad: string;
  readonly rest: string;
}

/** What each `servers.json` of a store was when the two last agreed. */
export class KnownFiles {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    database.exec(FILES.create);
  }

  /** What is known of a file. Throws a DamageError. */
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
