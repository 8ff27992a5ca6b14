import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import type { ServerInfo } from '../../shared/servers/server-info.ts';
import type { MergeMode, ServerChange, ServerOutcome } from '../../shared/servers/server-records.ts';
import { SERVERS } from './schema.ts';
import { addSealFunction, columnsOf, provenRows, sealExpression, selectSealed } from './seal.ts';

/**
 * A change with the position of the server in the order of all servers. A server that is removed and added again gets a
 * new position.
 */
interface PlacedChange extends ServerChange {
  readonly position: number;
}

/** The servers that changed after a revision, in the order in which they were added. */
export interface ServerRows {
  readonly revision: number;
  readonly rows: readonly PlacedChange[];
}

const UPSERT = `
  INSERT INTO server (${columnsOf(SERVERS)})
  VALUES (:name, :revision * 100000 + :index, :revision, :info, :sha256, NULL, 0)
  ON CONFLICT (name) DO UPDATE SET
    position = CASE WHEN server.info IS NULL THEN excluded.position ELSE server.position END,
    revision = excluded.revision,
    info = excluded.info,
    sha256 = excluded.sha256
`;

const SEAL = `UPDATE server SET seal = ${sealExpression(SERVERS)} WHERE revision = ?`;

/**
 * Returns an SQL statement that records the expression `sql` as the checksum that servers have in the file. The caller
 * appends the condition for the servers, or nothing for all servers.
 */
const agreeOn = (sql: string): string => `
  UPDATE server SET file_sha256 = ${sql}, seal = seal(name, position, revision, info, sha256, ${sql})
  WHERE file_sha256 IS NOT ${sql}
`;

type Row = readonly [string, number, number, string | null, string, string | null, number];

/** A server in the table. If `info` is null, the server was removed. */
export interface ServerRow {
  readonly name: string;
  readonly info: string | null;
  readonly sha256: string;
  /** Checksum that the server had in `servers.json` when file and store last had the same content. */
  readonly fileSha256: string | null;
}

/**
 * The servers of a registry in its store. Every method verifies the rows that it reads, and throws a DamageError if a
 * row fails its checksum.
 */
export class ServerTable {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    addSealFunction(database);
    database.exec(SERVERS.create);
  }

  /**
   * Applies changes in one commit and returns their revision. They are durable once this returns. Must not be called in
   * a transaction.
   */
  apply(changes: readonly ServerChange[]): number {
    return inTransaction(this.#database, () => this.applyWithin(changes));
  }

  /** Applies changes in the transaction of the caller and returns their revision. */
  applyWithin(changes: readonly ServerChange[]): number {
    const revision = this.revision() + 1;
    if (changes.length === 0) return revision - 1;
    const upsert = this.#database.prepare(UPSERT);
    for (const [index, { name, info }] of changes.entries()) {
      const text = info === null ? null : JSON.stringify(info);
      upsert.run({ name, revision, index, info: text, sha256: digestOf(text) });
    }
    this.#database.prepare(SEAL).run(revision);
    return revision;
  }

  /**
   * Adds servers to the table in one commit, and returns the outcome for each. The write lock is held from the start,
   * so that if two processes add the same name, one of them learns that the name exists. Must not be called in a
   * transaction.
   */
  merge(servers: readonly ServerInfo[], { isReplacing, isDryRun }: MergeMode): ServerOutcome[] {
    return inTransaction(this.#database, () => {
      const known = new Map(this.since(0).rows.map(({ name, info }) => [name, info]));
      const changes: ServerChange[] = [];
      const outcomes = servers.map((info): ServerOutcome => {
        const outcome = outcomeOf(known.get(info.name) ?? null, info, isReplacing);
        if (outcome === 'added' || outcome === 'replaced') {
          known.set(info.name, info);
          changes.push({ name: info.name, info });
        }
        return { name: info.name, outcome };
      });
      if (!isDryRun) this.applyWithin(changes);
      return outcomes;
    });
  }

  /**
   * Returns the changes after a revision. After revision 0, these are all servers. A single statement reads rows and
   * revision, so that a commit of another process is in the result completely or not at all. Otherwise a commit could
   * count as known although its rows are missing.
   */
  since(after: number): ServerRows {
    const found = this.#rows('WHERE revision > ? ORDER BY position', after);
    const rows = found.map(([name, position, , info]) => ({
      name,
      position,
      info: info === null ? null : (JSON.parse(info) as ServerInfo),
    }));
    return { revision: found.reduce((highest, [, , revision]) => Math.max(highest, revision), after), rows };
  }

  /** Returns every row, including those of removed servers. */
  all(): ServerRow[] {
    return this.#rows('').map(([name, , , info, sha256, fileSha256]) => ({ name, info, sha256, fileSha256 }));
  }

  /** Returns a number that grows with every commit. */
  revision(): number {
    const row = this.#database.prepare('SELECT max(revision) AS revision FROM server').get() as {
      revision: number | null;
    };
    return row.revision ?? 0;
  }

  /**
   * Records that the file matches the table up to `revision`. Before this call, the file was known to match up to
   * `after`, which is 0 if nothing was known.
   */
  agreeWithFile(after: number, revision: number): void {
    const sql = `${agreeOn('iif(info IS NULL, NULL, sha256)')} AND revision > ? AND revision <= ?`;
    this.#database.prepare(sql).run(after, revision);
  }

  /** Records that the file contains exactly these servers. Each one is given as its name and checksum. */
  agreeOn(said: Iterable<readonly [string, string]>): void {
    this.#database.exec(agreeOn('NULL'));
    this.noteSaid(said);
  }

  /** Records the checksums that these servers have in the file. Null stands for a server that is not in the file. */
  noteSaid(said: Iterable<readonly [string, string | null]>): void {
    const agree = this.#database.prepare(`${agreeOn('?1')} AND name = ?2`);
    for (const [name, sha256] of said) agree.run(sha256, name);
  }

  #rows(clauses: string, ...values: number[]): readonly Row[] {
    const rows = selectSealed(this.#database, SERVERS, clauses).all(...values);
    return provenRows(SERVERS, rows) as unknown as readonly Row[];
  }
}

/** Returns the outcome of adding a server. `before` is the stored server with the same name. */
function outcomeOf(before: ServerInfo | null, info: ServerInfo, isReplacing: boolean): ServerOutcome['outcome'] {
  if (before === null) return 'added';
  if (isDeepStrictEqual(before, info)) return 'unchanged';
  return isReplacing ? 'replaced' : 'exists';
}

/**
 * Runs `work` in a transaction that has the write lock from its start. Nothing that `work` reads can change before it
 * ends.
 */
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

/** Computes the checksum of a row's content. */
export function digestOf(content: string | Uint8Array | null): string {
  return hash('sha256', content ?? '');
}
