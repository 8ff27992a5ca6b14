import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { StoredMap, StoredSource } from '../../shared/protocol/writer-messages.ts';
import { SOURCES } from './schema.ts';
import { columnsOf, provenRows, sealOf, selectSealed } from './seal.ts';
import { inTransaction } from './server-table.ts';

type Row = readonly [string, number, number, number, string | null, string, number, number, Uint8Array<ArrayBuffer>];

/** The service maps that were last accepted, and the floor below which none is accepted again. */
export class SourceTable {
  readonly #database: DatabaseSync;

  /** The table has to be there. */
  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /**
   * What is known of a source. A body that does not match its checksum counts as none; its floor still holds. Throws a
   * DamageError.
   */
  read(storeKey: string): StoredSource {
    const row = this.#row(storeKey);
    if (row === undefined) return { floorMs: null, map: null, isDamaged: false };
    const [, floorMs, generatedAtMs, savedAtMs, etag, bodySha256, , , body] = row;
    if (hash('sha256', body) !== bodySha256) return { floorMs, map: null, isDamaged: true };
    return { floorMs, map: { storeKey, etag, body: new Uint8Array(body), generatedAtMs, savedAtMs }, isDamaged: false };
  }

  /** Whether there is a map of this source from `generatedAtMs` or later; it is not proven. */
  has(storeKey: string, generatedAtMs: number): boolean {
    const sql = 'SELECT 1 FROM source WHERE source_id = ? AND generated_at_ms >= ?';
    return this.#database.prepare(sql).get(storeKey, generatedAtMs) !== undefined;
  }

  /**
   * Keeps a map; one of the same or a later instant replaces the stored one, and the floor never sinks, whoever writes.
   * Durable once this returns.
   */
  save({ storeKey, etag, body, generatedAtMs, savedAtMs }: StoredMap): void {
    inTransaction(this.#database, () => {
      const known = this.#row(storeKey);
      const [, knownFloorMs = generatedAtMs, knownAtMs = generatedAtMs, , , , revision = 0] = known ?? [];
      if (knownAtMs > generatedAtMs) return;
      const floorMs = Math.max(knownFloorMs, generatedAtMs);
      const sealed = [storeKey, floorMs, generatedAtMs, savedAtMs, etag, hash('sha256', body), revision + 1];
      const sql = `INSERT OR REPLACE INTO source (${columnsOf(SOURCES)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;
      this.#database.prepare(sql).run(...sealed, sealOf(sealed), body);
    });
  }

  #row(storeKey: string): Row | undefined {
    const rows = selectSealed(this.#database, SOURCES, 'WHERE source_id = ?').all(storeKey);
    return provenRows(SOURCES, rows)[0] as unknown as Row | undefined;
  }
}
