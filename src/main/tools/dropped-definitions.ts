import { type DefinitionKind, DROP_REASONS, type DroppedDefinition } from '../mcp/definitions/definition.ts';
import { recordDroppedDefinitions } from '../observability/instruments.ts';
import type { Logger } from '../observability/logger.ts';

/** Invalid definitions of one connector that are left out of lists, as `status()` shows them. */
export interface DroppedView {
  /** The first 100 of these definitions. */
  readonly named: readonly DroppedDefinition[];
  readonly count: number;
}

const KINDS: readonly DefinitionKind[] = ['tool', 'prompt', 'resource', 'template'];

/** Maximum number of definitions that `status()` or one log line names. */
const MAX_NAMED = 100;
const MAX_LOGGED = 8;

/**
 * Maximum number of definitions of one connector that are remembered after they were counted. Definitions beyond this
 * limit may be counted twice.
 */
const MAX_COUNTED = 4_000;

interface Ledger {
  readonly lists: Map<DefinitionKind, readonly DroppedDefinition[]>;
  /** The definitions that were counted, and how often. */
  readonly counted: Map<string, number>;
  /** The kinds and reasons that were logged. */
  readonly logged: Set<string>;
}

const NONE: DroppedView = { named: [], count: 0 };

/**
 * Invalid definitions that are left out of lists, by connector, with the reasons. Until the connector is removed, each
 * definition is counted once, and each new reason is logged once.
 */
export class DroppedDefinitions {
  readonly #logger: Logger;
  readonly #ledgers = new Map<string, Ledger>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Replaces the invalid definitions of a list, after the list was read again. */
  replace(connectorId: string, kind: DefinitionKind, dropped: readonly DroppedDefinition[]): void {
    if (dropped.length === 0 && !this.#ledgers.has(connectorId)) return;
    const ledger = this.#ledgerOf(connectorId);
    ledger.lists.set(kind, dropped);
    this.#tell(connectorId, ledger, dropped);
  }

  /** Adds a definition that was found to be invalid later. */
  add(connectorId: string, definition: DroppedDefinition): void {
    const { kind } = definition;
    const list = this.#ledgers.get(connectorId)?.lists.get(kind) ?? [];
    const key = keyOf(definition);
    if (list.length < MAX_COUNTED && !list.some((one) => keyOf(one) === key))
      this.replace(connectorId, kind, [...list, definition]);
  }

  of(connectorId: string): DroppedView {
    const ledger = this.#ledgers.get(connectorId);
    if (ledger === undefined) return NONE;
    const all = KINDS.flatMap((kind) => ledger.lists.get(kind) ?? []);
    return { named: all.slice(0, MAX_NAMED), count: all.length };
  }

  /** Forgets a connector that was removed or disabled. */
  forget(connectorId: string): void {
    this.#ledgers.delete(connectorId);
  }

  #ledgerOf(connectorId: string): Ledger {
    const known = this.#ledgers.get(connectorId);
    if (known !== undefined) return known;
    const ledger: Ledger = { lists: new Map(), counted: new Map(), logged: new Set() };
    this.#ledgers.set(connectorId, ledger);
    return ledger;
  }

  #tell(connectorId: string, { counted, logged }: Ledger, dropped: readonly DroppedDefinition[]): void {
    for (const [key, alike] of Map.groupBy(dropped, keyOf)) {
      const [{ kind, reason }] = alike as [DroppedDefinition];
      const fresh = alike.length - (counted.get(key) ?? 0);
      if (fresh <= 0) continue;
      recordDroppedDefinitions(kind, reason, fresh);
      if (counted.size < MAX_COUNTED) counted.set(key, alike.length);
    }
    for (const [key, alike] of Map.groupBy(dropped, ({ kind, reason }) => `${kind} ${reason}`)) {
      if (logged.has(key)) continue;
      logged.add(key);
      this.#log(connectorId, alike);
    }
  }

  #log(connectorId: string, alike: readonly DroppedDefinition[]): void {
    const [{ kind, reason }] = alike as readonly [DroppedDefinition];
    const names = alike.slice(0, MAX_LOGGED).map(({ name }) => name);
    const more = alike.length > MAX_LOGGED ? ` and ${alike.length - MAX_LOGGED} more` : '';
    this.#logger.warn(
      { event: 'definitions-dropped', connectorId, kind, reason, names, count: alike.length },
      `Connector ${connectorId}: left out ${kind} ${names.join(', ')}${more}: ${DROP_REASONS[reason]}`,
    );
  }
}

function keyOf({ kind, reason, name }: DroppedDefinition): string {
  return `${kind} ${reason} ${name}`;
}
