import type { DatabaseSync } from 'node:sqlite';
import { pinnedPart, toolDigest } from '../../shared/tools/compare-pin.ts';
import type { ApprovedPin, OwnPin, PinPage } from '../../shared/tools/tool-records.ts';
import { PINS } from './schema.ts';
import { columnsOf, provenRows, sealOf, selectSealed } from './seal.ts';
import { inTransaction } from './server-table.ts';

/**
 * The revision of a pin holds two counts: approvals of the fleet, times this, and what this host approved for itself
 * since. So a host's own approval never looks like a newer one of the fleet.
 */
const PER_VERSION = 2 ** 20;

/** Pins in one answer, at least: a page ends with the last pin of a connector. */
const PAGE_SIZE = 512;

const IDS = `
  SELECT connector_id FROM tool_pin WHERE scope = ? AND connector_id > ? AND revision >= ?
  ORDER BY connector_id LIMIT ${PAGE_SIZE}
`;

/**
 * The pins of the connectors after `afterId`; those alone that the fleet approved, or all. Throws a DamageError where
 * one is not as it was written.
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

/** Makes these the pins, in one commit, unless an approval of the same version or a newer one was taken. */
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
