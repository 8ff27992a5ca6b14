import type { DatabaseSync } from 'node:sqlite';
import { sealOf } from './seal.ts';
import { digestOf } from './server-table.ts';

/** A row of the table of connectors. It contains the tools that the connector listed last. */
export interface ConnectorRow {
  readonly scope: string;
  readonly connector_id: string;
  readonly revision: number;
  readonly listed_at_ms: number;
  readonly facts: string;
  readonly tools: string;
  readonly digests: string;
  readonly sha256: string;
  readonly seal: number;
}

/** Returns the checksum of the strings in a row. */
export function textsDigest({ facts, tools, digests }: Pick<ConnectorRow, 'facts' | 'tools' | 'digests'>): string {
  return digestOf(`${facts}\n${tools}\n${digests}`);
}

/** Whether a row matches its checksums. */
export function isWhole(row: ConnectorRow): boolean {
  const { scope, connector_id, revision, listed_at_ms, sha256, seal } = row;
  return textsDigest(row) === sha256 && sealOf([scope, connector_id, revision, listed_at_ms, sha256]) === seal;
}

/** Returns the ids of the connectors in all scopes whose rows fail their checksums. */
export function damagedConnectors(database: DatabaseSync): string[] {
  // The table is missing if no host has stored tools yet.
  if (database.prepare("SELECT name FROM pragma_table_info('connector')").all().length === 0) return [];
  const rows = database.prepare('SELECT * FROM connector').all() as unknown as ConnectorRow[];
  return rows.filter((row) => !isWhole(row)).map((row) => row.connector_id);
}
