import type { DatabaseSync } from 'node:sqlite';
import { damagedConnectors } from '../tables/connector-rows.ts';
import { FILES, PINS, SERVERS, SOURCES } from '../tables/schema.ts';
import { readProven, type SealedRow, type SealedTable } from '../tables/seal.ts';
import { hasGoodBody, hasGoodKeys, sourceRowOf } from '../tables/source-row.ts';

/** A record that fails its checksum or cannot be read. */
interface DamagedRecord {
  /**
   * Name of the server that the record describes. Null if the record does not describe a server, or if the name is
   * unreadable.
   */
  readonly server: string | null;
  readonly message: string;
  /** Whether the record stays missing until a map is loaded, because nothing else can restore it. */
  readonly isWaitedFor: boolean;
}

/** The records of a store, after their checksums were verified. */
export interface ProvenRecords {
  readonly damaged: readonly DamagedRecord[];
  readonly count: number;
  readonly servers: readonly SealedRow[];
  readonly files: readonly SealedRow[];
}

/** Reads and verifies every record that has a checksum. Throws the error of SQLite if a table cannot be read at all. */
export function proveRecords(database: DatabaseSync): ProvenRecords {
  const damaged: DamagedRecord[] = [];
  const note = (message: string, server: string | null = null, isWaitedFor = false): void =>
    void damaged.push({ server, message, isWaitedFor });
  const read = (table: SealedTable): SealedRow[] => {
    const lost: string[] = [];
    const rows = readProven(database, table, lost);
    for (const what of lost) {
      const name = table === SERVERS ? (/^the record (.*) of server$/s.exec(what)?.[1] ?? null) : null;
      note(`${what} fails its checksum or cannot be read`, name);
    }
    return rows;
  };
  const [servers, files, sources, pins] = [read(SERVERS), read(FILES), read(SOURCES), read(PINS)];
  for (const source of sources.map(sourceRowOf)) {
    const fault = (what: string): string => `the ${what} of source ${source.storeKey} fails its checksum`;
    const later = '; its next load repairs it';
    if (source.body !== null && !hasGoodBody(source)) note(`${fault('service map')}${later}`, null, true);
    if (source.keyDocument !== null && !hasGoodKeys(source)) note(`${fault('key document')}${later}`, null, true);
  }
  for (const id of damagedConnectors(database)) note(`the tools of connector ${id} fail their checksum`);
  return { damaged, count: servers.length + files.length + sources.length + pins.length, servers, files };
}
