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
 * The service maps that were accepted last, their floors, and facts about their signers. A map that is older than the
 * floor is never accepted. Every method throws a DamageError if a row does not match its checksum.
 */
export class SourceTable {
  readonly #database: DatabaseSync;

  /** The table must already exist. */
  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /**
   * Returns what is stored about a source. A body that does not match its checksum counts as missing. Everything else
   * stays valid. Rows under `oldKeys` are merged into the source, with the highest floor and the newest map.
   */
  read(storeKey: string, oldKeys: readonly string[] = []): StoredSource {
    const known = this.#find(storeKey) ?? { ...NEW_ROW, storeKey };
    const old = oldKeys.flatMap((key) => (key === storeKey ? [] : (this.#find(key) ?? [])));
    if (old.length === 0) return storedSourceOf(known);
    try {
      this.#adopt(storeKey, old);
    } catch (error) {
      // If the disk is full, the rows stay under their old keys. The result is the same, because they are merged when
      // they are read.
      if (isDamage(error) || isDiskFailure(error)) throw error;
    }
    return storedSourceOf(old.reduce(mergedRow, known));
  }

  /** Lists every source, in the form that is shown to users. */
  list(): SourceSummary[] {
    return this.#rows('ORDER BY rowid').map(
      ({ storeKey, url, floorMs, generatedAtMs, savedAtMs, seenSigned, mapId, keyVersion }) => ({
        ...{ storeKey, url, floorMs, generatedAtMs, savedAtMs, seenSigned, mapId, keyVersion },
      }),
    );
  }

  /** Whether a map of this source with this or a later `generatedAtMs` is stored. Does not verify the map. */
  has(storeKey: string, generatedAtMs: number): boolean {
    const sql = 'SELECT 1 FROM source WHERE source_id = ? AND generated_at_ms >= ? AND body IS NOT NULL';
    return this.#database.prepare(sql).get(storeKey, generatedAtMs) !== undefined;
  }

  /**
   * Stores a map, unless the stored map is newer. The floor never decreases, even if several processes write. The map
   * is durable once this returns.
   */
  save({ storeKey, etag, body, generatedAtMs, savedAtMs }: StoredMap, notes: SourceNotes): void {
    this.#change(storeKey, (row) => {
      const noted = withNotes(row, notes);
      if (row.generatedAtMs !== null && row.generatedAtMs > generatedAtMs) return noted;
      const floorMs = Math.max(row.floorMs ?? generatedAtMs, generatedAtMs);
      return { ...noted, floorMs, generatedAtMs, savedAtMs, etag, body, bodySha256: hash('sha256', body) };
    });
  }

  /** Records facts about the signers of a source, without storing a map. They are durable once this returns. */
  note(storeKey: string, notes: SourceNotes): void {
    this.#change(storeKey, (row) => withNotes(row, notes));
  }

  /**
   * Stores a key document, unless a document of the same or a newer version is stored. With `startsOver`, replaces any
   * stored document, because the configured keys were replaced. The document is durable once this returns.
   */
  saveKeys(storeKey: string, url: string, keyVersion: number, keyDocument: string, startsOver = false): void {
    this.#change(storeKey, (row) => {
      const knownVersion = startsOver ? 0 : (row.keyVersion ?? 0);
      if (knownVersion > keyVersion || (knownVersion === keyVersion && hasGoodKeys(row))) return row;
      return { ...row, url, keyVersion, keyDocument, keySha256: hash('sha256', keyDocument) };
    });
  }

  /**
   * Removes the floor. Also removes the map if its time is after `latestMs`, because the map would raise the floor
   * again. Returns whether the source exists. The change is durable once this returns.
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

  /** Replaces a row with the result of `change`, under the write lock. */
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
