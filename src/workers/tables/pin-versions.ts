import type { DatabaseSync } from 'node:sqlite';
import { pinnedPart, toolDigest } from '../../shared/tools/compare-pin.ts';
import type { ApprovedPin, OwnPin, PinPage } from '../../shared/tools/tool-records.ts';
import { PINS } from './schema.ts';
import { columnsOf, provenRows, sealOf, selectSealed } from './seal.ts';
import { inTransaction } from './server-table.ts';

/**
 * The revision of a pin is the number of approvals by the fleet times this factor, plus the number of the host's own
 * approvals since the fleet's last one. An approval by the host itself is therefore never mistaken for a newer approval
 * by the fleet.
 */
const PER_VERSION = 2 ** 20;

/** Minimum number of pins in a full page. A page ends with the last pin of a connector. */
const PAGE_SIZE = 512;

const IDS = `
  SELECT connector_id FROM tool_pin WHERE scope = ? AND connector_id > ? AND revision >= ?
  ORDER BY connector_id LIMIT ${PAGE_SIZE}
`;

/**
 * Reads the pins of the connectors after `afterId`. With `approved`, reads only the pins that the fleet approved.
 * Throws a DamageError if a pin fails its checksum.
 */
export function readPins(database: DatabaseSync, scope: string, afterId: string, which: 'approved' | 'all'): PinPage {
  const least = which === 'all' ? 0 : PER_VERSION;
  const ids = database
    .prepare(IDS)
    .all(scope, afterId, least)
    .map((row) => String(row.connector_id));
  const lastId = ids.at(-1);
  if (lastId === undefined) return { pins: [], nextId: null };
  const clauses = 'WHERE scope = ? AND connector_id > ? AND connector_id <= ? AND revision >= ? ORDER BY connector_id';
  const rows = provenRows(PINS, selectSealed(database, PINS, clauses).all(scope, afterId, lastId, least));
  const pins = rows.map((row): OwnPin => {
    const [, connectorId, tool, , definitionText, pinnedAtMs, revision] = row;
    const version = Math.floor(Number(revision) / PER_VERSION);
    const isApproved = version > 0 && Number(revision) % PER_VERSION === 0;
    const texts = { connectorId: String(connectorId), tool: String(tool), definitionText: String(definitionText) };
    return { ...texts, version, isApproved, pinnedAtMs: Number(pinnedAtMs) };
  });
  return { pins, nextId: ids.length < PAGE_SIZE ? null : lastId };
}

/** Replaces these pins in one commit, except those for which the same or a newer approval is already stored. */
export function repin(database: DatabaseSync, scope: string, pins: readonly ApprovedPin[]): void {
  inTransaction(database, () => {
    const known = database.prepare(
      'SELECT revision FROM tool_pin WHERE scope = ? AND connector_id = ? AND tool = ? AND revision >= ?',
    );
    const values = columnsOf(PINS).replaceAll(/\w+/g, '?');
    const put = database.prepare(`INSERT OR REPLACE INTO tool_pin (${columnsOf(PINS)}) VALUES (${values})`);
    for (const { connectorId, definition, pinnedAtMs, version } of pins) {
      const [pinned, revision] = [pinnedPart(definition), version * PER_VERSION];
      if (known.get(scope, connectorId, pinned.name, revision) !== undefined) continue;
      const sha256 = toolDigest(pinned);
      const sealed = [
        scope,
        connectorId,
        pinned.name,
        sha256,
        JSON.stringify(pinned),
        Math.floor(pinnedAtMs),
        revision,
      ];
      put.run(...sealed, sealOf(sealed));
    }
  });
}
