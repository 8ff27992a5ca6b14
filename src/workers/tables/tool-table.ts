import type { DatabaseSync } from 'node:sqlite';
import { comparePin, isSameChange, pinnedPart, toolDigest } from '../../shared/tools/compare-pin.ts';
import type { RemoteToolDefinition } from '../../shared/tools/tool-definition.ts';
import type {
  ApprovedPin,
  ConnectorMessage,
  ConnectorPage,
  PinChoice,
  PinPage,
  RememberedConnector,
  ToolPin,
  ToolPinChange,
  ToolPinDetail,
  ToolRecord,
  ToolsToSave,
  TouchedTools,
} from '../../shared/tools/tool-records.ts';
import { type ConnectorRow, isWhole, textsDigest } from './connector-rows.ts';
import { readPins, repin } from './pin-versions.ts';
import { CONNECTORS, PINS } from './schema.ts';
import { addSealFunction, columnsOf, provenRows, sealExpression, sealOf, selectSealed } from './seal.ts';
import { inTransaction } from './server-table.ts';

/** Number of connectors in one page. Together, their rows have a few hundred kilobytes. */
const PAGE_SIZE = 32;

const APPROVE = `
  UPDATE tool_pin SET
    sha256 = :sha256,
    definition = :definition,
    pinned_at_ms = :nowMs,
    revision = revision + 1,
    seal = seal(scope, connector_id, tool, :sha256, :definition, :nowMs, revision + 1)
  WHERE scope = coalesce(:scope, scope) AND connector_id = :connectorId AND tool = :tool
`;

/** A tool whose listed definition does not have the digest of its pin. */
interface ChangedRow {
  readonly connector_id: string;
  readonly tools: string;
  readonly tool: string;
  readonly sha256: string;
  readonly pinned_at_ms: number;
  readonly definition: string;
}

/**
 * Updates the time of a connector's row. Skips a row that fails its checksum, because its id may be damaged, and the
 * row may belong to another connector.
 */
const TOUCH = `
  UPDATE connector SET listed_at_ms = :at, seal = seal(scope, connector_id, revision, :at, sha256)
  WHERE scope = :scope AND connector_id = :id AND seal = ${sealExpression(CONNECTORS)}
`;

/** Selects tools whose digests differ from their pins. `comparePin` then decides whether they really differ. */
const CHANGED = `
  SELECT c.connector_id, c.tools, p.tool, d.value ->> 1 AS sha256, p.pinned_at_ms, p.definition
  FROM connector AS c, json_each(c.digests) AS d
  JOIN tool_pin AS p ON p.scope = c.scope AND p.connector_id = c.connector_id AND p.tool = d.value ->> 0
  WHERE p.sha256 <> d.value ->> 1
`;

/** The tools that connectors listed last, and their pins: the definitions that were first seen or last approved. */
export class ToolTable {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    database.exec(CONNECTORS.create + PINS.create);
    addSealFunction(database);
  }

  /**
   * Stores tool lists in one commit, and pins new tools. Returns the differences from the pins. The lists are durable
   * once this returns.
   */
  save(scope: string, { connectors, pins, isPinned }: ToolsToSave): ToolPinDetail[] {
    return inTransaction(this.#database, () => {
      const ids = new Set([...connectors, ...pins].map(({ connectorId }) => connectorId));
      if (isPinned) for (const id of ids) this.#provePins(scope, id);
      for (const pin of pins) this.#pin(scope, pin);
      const revision = this.#nextRevision();
      for (const message of connectors) this.#save(scope, message, revision, isPinned);
      return connectors.flatMap(({ connectorId }) => this.#changesOf(scope, connectorId));
    });
  }

  /** Records that these connectors listed the same tools again, at this time. */
  touch(scope: string, connectorIds: readonly string[], listedAtMs: number): TouchedTools {
    return inTransaction(this.#database, () => {
      const touch = this.#database.prepare(TOUCH);
      const unknown = connectorIds.filter((id) => touch.run({ at: listedAtMs, scope, id }).changes === 0);
      return { changes: connectorIds.flatMap((id) => this.#changesOf(scope, id)), unknown };
    });
  }

  /**
   * Deletes the tools of removed connectors. Their pins stay, because a connector that is added again must still match
   * them.
   */
  forget(scope: string, connectorIds: readonly string[]): void {
    inTransaction(this.#database, () => {
      const forget = this.#database.prepare('DELETE FROM connector WHERE scope = ? AND connector_id = ?');
      for (const id of connectorIds) forget.run(scope, id);
    });
  }

  /**
   * Reads one page of connectors, starting after `afterId`. Records that fail their checksums are left out, and their
   * connectors are listed in `damaged`.
   */
  page(scope: string, afterId: string): ConnectorPage {
    const rows = this.#database
      .prepare('SELECT * FROM connector WHERE scope = ? AND connector_id > ? ORDER BY connector_id LIMIT ?')
      .all(scope, afterId, PAGE_SIZE) as unknown as ConnectorRow[];
    const good = rows.filter(isWhole);
    return {
      connectors: good.map((row) => this.#remembered(row)),
      damaged: rows.filter((row) => !good.includes(row)).map((row) => row.connector_id),
      nextId: rows.length < PAGE_SIZE ? null : (rows.at(-1)?.connector_id ?? null),
    };
  }

  /** Returns all differences between listed tools and their pins in a scope. Null stands for all scopes. */
  changes(scope: string | null): ToolPinDetail[] {
    const sql = `${CHANGED} AND c.scope = coalesce(?, c.scope) ORDER BY c.scope, c.connector_id, p.tool`;
    return this.#database.prepare(sql).all(scope).flatMap(changeOf);
  }

  /**
   * Approves the current definitions of the chosen tools, and returns the approved changes. They are durable once this
   * returns.
   */
  approve(scope: string | null, choices: readonly PinChoice[] | null, nowMs: number): ToolPinChange[] {
    return inTransaction(this.#database, () => {
      const isChosen = (change: ToolPinChange): boolean =>
        choices?.some((choice) => isSameChange(choice, change)) ?? true;
      const approved = this.changes(scope).filter(isChosen);
      const pin = this.#database.prepare(APPROVE);
      for (const { connectorId, tool, sha256, current } of approved)
        pin.run({ scope, connectorId, tool, sha256, definition: JSON.stringify(current), nowMs });
      return approved;
    });
  }

  /** Reads the pins of the connectors after `afterId`. */
  pins(scope: string, afterId: string, which: 'approved' | 'all'): PinPage {
    return readPins(this.#database, scope, afterId, which);
  }

  /**
   * Replaces these pins, except those for which the same or a newer approval is stored. The pins are durable once this
   * returns.
   */
  repin(scope: string, pins: readonly ApprovedPin[]): void {
    repin(this.#database, scope, pins);
  }

  /** Returns the number of connectors that are stored in a scope. */
  count(scope: string): number {
    const row = this.#database.prepare('SELECT count(*) AS count FROM connector WHERE scope = ?').get(scope);
    return (row as { count: number }).count;
  }

  /** Returns the next revision. It grows with every commit that stores something new. */
  #nextRevision(): number {
    const row = this.#database.prepare('SELECT max(revision) AS revision FROM connector').get();
    return ((row as { revision: number | null }).revision ?? 0) + 1;
  }

  #save(scope: string, message: ConnectorMessage, revision: number, isPinned: boolean): void {
    const { connectorId, listedAtMs, toolsText, ...facts } = message;
    const definitions = (JSON.parse(toolsText) as ToolRecord[]).map(({ definition }) => definition);
    const digests = definitions.map((definition) => [definition.name, toolDigest(definition)] as const);
    const texts = [JSON.stringify(facts), toolsText, JSON.stringify(isPinned ? digests : [])] as const;
    const sha256 = textsDigest({ facts: texts[0], tools: texts[1], digests: texts[2] });
    const sealed = [scope, connectorId, revision, listedAtMs, sha256];
    this.#database
      .prepare(`INSERT OR REPLACE INTO connector (${columnsOf(CONNECTORS)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
      .run(...sealed, sealOf(sealed), ...texts);
    if (!isPinned) return;
    for (const definition of definitions) this.#pin(scope, { connectorId, definition, pinnedAtMs: listedAtMs });
  }

  /**
   * Throws a DamageError if a pin of this connector fails its checksum, because a damaged pin must not count as
   * missing.
   */
  #provePins(scope: string, connectorId: string): void {
    const pins = selectSealed(this.#database, PINS, 'WHERE scope = ? AND connector_id = ?');
    provenRows(PINS, pins.all(scope, connectorId));
  }

  /** Pins a tool that has no pin yet. */
  #pin(scope: string, { connectorId, definition, pinnedAtMs }: ToolPin): void {
    const pinned = pinnedPart(definition);
    const sealed = [scope, connectorId, definition.name, toolDigest(pinned), JSON.stringify(pinned), pinnedAtMs, 1];
    const sql = `INSERT OR IGNORE INTO tool_pin (${columnsOf(PINS)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
    this.#database.prepare(sql).run(...sealed, sealOf(sealed));
  }

  #remembered(row: ConnectorRow): RememberedConnector {
    return {
      connectorId: row.connector_id,
      listedAtMs: row.listed_at_ms,
      ...(JSON.parse(row.facts) as Pick<
        RememberedConnector,
        'endpoint' | 'era' | 'transport' | 'protocolVersion' | 'serverName'
      >),
      tools: JSON.parse(row.tools) as ToolRecord[],
      changes: this.#changesOf(row.scope, row.connector_id),
    };
  }

  #changesOf(scope: string, connectorId: string): ToolPinDetail[] {
    const sql = `${CHANGED} AND c.scope = ? AND c.connector_id = ?`;
    return this.#database.prepare(sql).all(scope, connectorId).flatMap(changeOf);
  }
}

/** Returns the change of a tool as a list with one element, or an empty list if the tool matches its pin. */
function changeOf(row: unknown): ToolPinDetail[] {
  const { connector_id: connectorId, tools, tool, sha256, pinned_at_ms: pinnedAtMs, definition } = row as ChangedRow;
  const isMeant = (listed: RemoteToolDefinition): boolean => listed.name === tool && toolDigest(listed) === sha256;
  const current = (JSON.parse(tools) as ToolRecord[]).find((record) => isMeant(record.definition))?.definition;
  if (current === undefined) return [];
  const change = comparePin({ connectorId, definition: JSON.parse(definition), pinnedAtMs }, current);
  return change === null ? [] : [change];
}
