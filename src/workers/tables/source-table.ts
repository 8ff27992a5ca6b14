import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { SourceNotes, SourceSummary, StoredMap, StoredSource } from '../../shared/protocol/writer-messages.ts';
import { SOURCES } from './schema.ts';
import { insertRows, provenRows, sealOf, selectSealed } from './seal.ts';
import { inTransaction } from './server-table.ts';
import {
  hasGoodKeys,
  mergedRow,
  NEW_ROW,
  type SourceRow,
  sourceRowOf,
  storedSourceOf,
  valuesOf,
} from './source-row.ts';
import { isDamage, isDiskFailure } from './sqlite-errors.ts';

/**
 * The service maps that were last accepted, the floor below which none is accepted again, and what is remembered of who
 * signs them. Every method throws a DamageError for a row that does not match its checksum.
 */
export class SourceTable {
  readonly #database: DatabaseSync;

  /** The table has to be there. */
  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /**
   * What is known of a source. A body that does not match its checksum counts as none; everything else still holds.
   * What is kept under `oldKeys` becomes part of the source: its highest floor and its newest map count.
   */
  read(storeKey: string, oldKeys: readonly string[] = []): StoredSource {
    const known = this.#find(storeKey) ?? { ...NEW_ROW, storeKey };
    const old = oldKeys.flatMap((key) => (key === storeKey ? [] : (this.#find(key) ?? [])));
    if (old.length === 0) return storedSourceOf(known);
    try {
      this.#adopt(storeKey, old);
    } catch (error) {
      // On a full disk it stays where it is, and counts all the same.
      if (isDamage(error) || isDiskFailure(error)) throw error;
    }
    return storedSourceOf(old.reduce(mergedRow, known));
  }

  /** Every source, as people see it. */
  list(): SourceSummary[] {
    return this.#rows('ORDER BY rowid').map(
      ({ storeKey, url, floorMs, generatedAtMs, savedAtMs, seenSigned, mapId, keyVersion }) => ({
        ...{ storeKey, url, floorMs, generatedAtMs, savedAtMs, seenSigned, mapId, keyVersion },
      }),
    );
  }

  /** Whether there is a map of this source from `generatedAtMs` or later; it is not proven. */
  has(storeKey: string, generatedAtMs: number): boolean {
    const sql = 'SELECT 1 FROM source WHERE source_id = ? AND generated_at_ms >= ? AND body IS NOT NULL';
    return this.#database.prepare(sql).get(storeKey, generatedAtMs) !== undefined;
  }

  /**
   * Keeps a map; one of the same or a later instant replaces the stored one, and the floor never sinks, whoever writes.
   * Durable once this returns.
   */
  save({ storeKey, etag, body, generatedAtMs, savedAtMs }: StoredMap, notes: SourceNotes): void {
    this.#change(storeKey, (row) => {
      const noted = withNotes(row, notes);
      if (row.generatedAtMs !== null && row.generatedAtMs > generatedAtMs) return noted;
      const floorMs = Math.max(row.floorMs ?? generatedAtMs, generatedAtMs);
      return { ...noted, floorMs, generatedAtMs, savedAtMs, etag, body, bodySha256: hash('sha256', body) };
    });
  }

  /** Notes who signs a source, without a map. Durable once this returns. */
  note(storeKey: string, notes: SourceNotes): void {
    this.#change(storeKey, (row) => withNotes(row, notes));
  }

  /**
   * Keeps a key document, unless there is a newer one, or another one of its version: the first one counts. One that
   * starts over, since the configured keys were replaced, takes the place of any. Durable once this returns.
   */
  saveKeys(storeKey: string, url: string, keyVersion: number, keyDocument: string, startsOver = false): void {
    this.#change(storeKey, (row) => {
      const knownVersion = startsOver ? 0 : (row.keyVersion ?? 0);
      if (knownVersion > keyVersion || (knownVersion === keyVersion && hasGoodKeys(row))) return row;
      return { ...row, url, keyVersion, keyDocument, keySha256: hash('sha256', keyDocument) };
    });
  }

  /**
   * Forgets the floor, and the map if it is from later than `latestMs` and would raise the floor again. Whether there
   * is such a source. Durable once this returns.
   */
  resetFloor(storeKey: string, latestMs: number): boolean {
    if (this.#find(storeKey) === null) return false;
    this.#change(storeKey, (row) => {
      const isKept = row.generatedAtMs !== null && row.generatedAtMs <= latestMs;
      return { ...row, ...(!isKept && NO_MAP), floorMs: null };
    });
    return true;
  }

  #adopt(storeKey: string, old: readonly SourceRow[]): void {
    this.#change(storeKey, (row) => {
      const remove = this.#database.prepare('DELETE FROM source WHERE source_id = ?');
      for (const { storeKey: oldKey } of old) remove.run(oldKey);
      return old.reduce(mergedRow, row);
    });
  }

  /** Replaces a row by what `change` makes of it, holding the write lock. */
  #change(storeKey: string, change: (row: SourceRow) => SourceRow): void {
    inTransaction(this.#database, () => {
      const known = this.#find(storeKey) ?? NEW_ROW;
      const changed = change(known);
      if (changed === known) return;
      this.#database.prepare('DELETE FROM source WHERE source_id = ?').run(storeKey);
      const { sealed, rest } = valuesOf({ ...changed, storeKey, revision: known.revision + 1 });
      insertRows(this.#database, SOURCES, [[...sealed, sealOf(sealed), ...rest]]);
    });
  }

  #find(storeKey: string): SourceRow | null {
    return this.#rows('WHERE source_id = ?', storeKey)[0] ?? null;
  }

  #rows(clauses: string, ...values: string[]): SourceRow[] {
    return provenRows(SOURCES, selectSealed(this.#database, SOURCES, clauses).all(...values)).map(sourceRowOf);
  }
}

const NO_MAP = { generatedAtMs: null, savedAtMs: null, etag: null, body: null, bodySha256: null } as const;

function withNotes(row: SourceRow, { url, isSigned, mapId }: SourceNotes): SourceRow {
  const isFirst = isSigned && !row.seenSigned;
  return { ...row, url, seenSigned: row.seenSigned || isSigned, mapId: isFirst ? mapId : row.mapId };
}
