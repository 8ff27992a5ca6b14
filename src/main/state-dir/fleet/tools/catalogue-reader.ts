import { monotonicMs, nextTurn } from '../../../../shared/clock.ts';
import { parseForeignJson } from '../../../../shared/json/parse-foreign.ts';
import type { FleetCatalogued, FleetPin } from '../../../../shared/protocol/fleet/tool-messages.ts';
import { comparePin } from '../../../../shared/tools/compare-pin.ts';
import type { RemoteToolDefinition } from '../../../../shared/tools/tool-definition.ts';
import type { ConnectorRecord, ToolPin, ToolPinDetail } from '../../../../shared/tools/tool-records.ts';
import type { Fleet } from '../../../fleet/fleet.ts';
import type { PinPolicy } from '../../../options/option-checks.ts';
import type { OwnToolMemory } from '../../tool-memory.ts';
import { quietly } from './quietly.ts';
import { isPinnable, readCatalogued } from './read-catalogued.ts';

/**
 * Number of connectors in one request to the fleet thread. At most this many are restored in one turn of the event
 * loop.
 */
const PAGE = 8;

/** Timeout for reading a page. */
const PAGE_TIMEOUT_MS = 5_000;

/** Maximum time for parsing lists in one turn of the event loop, in milliseconds. */
const TURN_MS = 4;

export interface CatalogueReaderDeps {
  readonly fleet: Pick<Fleet, 'ask' | 'on' | 'isConnected'>;
  readonly own: OwnToolMemory;
  readonly policy: PinPolicy;
}

/** The pins of a connector in the catalogue. */
interface CataloguedPins {
  /**
   * Differences between the catalogue and this host's pins. The host may still have pins for a connector after it has
   * forgotten the connector's tools.
   */
  readonly changes: readonly ToolPinDetail[];
  readonly fleet: readonly FleetPin[];
}

type Take = (record: ConnectorRecord, pins: CataloguedPins) => void;

/** The pins of this host for the tools of one connector, by tool name. */
type PinsByTool = ReadonlyMap<string, ToolPin>;

/**
 * Reads the catalogue: the tool lists that the hosts of a fleet share. Handles a few connectors in each turn of the
 * event loop.
 */
export class CatalogueReader {
  readonly #deps: CatalogueReaderDeps;
  readonly #closing = Promise.withResolvers<void>();
  #isClosed = false;

  constructor(deps: CatalogueReaderDeps) {
    this.#deps = deps;
  }

  /**
   * Passes to `take` every connector of these scopes that is not known yet. Waits for the Redis server without a time
   * limit, and starts again if the connection is lost. Never rejects.
   */
  async read(scopes: readonly string[], isKnown: (connectorId: string) => boolean, take: Take): Promise<void> {
    for (const scope of scopes) {
      while (!this.#isClosed && !(await this.#readScope(scope, isKnown, take))) {
        // Connectors that were read before the connection was lost are not read again, because they are known now.
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#closing.resolve();
  }

  /** Resolves with false if the connection was lost before the end. */
  async #readScope(scope: string, isKnown: (connectorId: string) => boolean, take: Take): Promise<boolean> {
    await this.#connected();
    if (this.#isClosed) return true;
    const { fleet } = this.#deps;
    const all = await quietly(fleet.ask((api) => api.cataloguedConnectors(scope), PAGE_TIMEOUT_MS));
    // If the connection still exists, the Redis server refused the read, so there is nothing to restore.
    if (all === null) return fleet.isConnected;
    const ids = all.filter((id) => !isKnown(id));
    const own = ids.length === 0 ? new Map<string, PinsByTool>() : await this.#ownPins(ids);
    for (let from = 0; from < ids.length && !this.#isClosed; from += PAGE) {
      const some = ids.slice(from, from + PAGE);
      const lists = await quietly(fleet.ask((api) => api.readTools(scope, some), PAGE_TIMEOUT_MS));
      if (lists === null) return fleet.isConnected;
      await this.#takeAll(lists, own, take);
    }
    return true;
  }

  async #takeAll(lists: readonly FleetCatalogued[], own: ReadonlyMap<string, PinsByTool>, take: Take): Promise<void> {
    let startedMs = monotonicMs();
    const adopted: ToolPin[] = [];
    for (const list of lists) {
      if (this.#isClosed) return;
      const record = readCatalogued(list.connectorId, list.bytes);
      if (record === null) continue;
      adopted.push(...this.#take(record, list, own.get(list.connectorId) ?? new Map(), take));
      if (monotonicMs() - startedMs < TURN_MS) continue;
      await nextTurn();
      startedMs = monotonicMs();
    }
    if (adopted.length > 0) await this.#deps.own.adopt(adopted);
    await nextTurn();
  }

  /**
   * Passes a connector to `take`. Returns pins for this host to adopt, for tools that the fleet has pinned and this
   * host has not.
   */
  #take(record: ConnectorRecord, list: FleetCatalogued, own: PinsByTool, take: Take): readonly ToolPin[] {
    const { connectorId, listedAtMs } = record;
    if (this.#deps.policy === 'off') {
      take(record, { changes: [], fleet: [] });
      return [];
    }
    const unpinned = new Set(list.unpinned);
    const fleet = list.pins.filter(({ definition, tool }) => isPinnable(definition, tool));
    // With `quarantine`, a tool that neither this host nor the fleet has pinned is not shown.
    const isShown = (name: string): boolean =>
      this.#deps.policy !== 'quarantine' || !unpinned.has(name) || own.has(name);
    const shown = { ...record, tools: record.tools.filter(({ definition }) => isShown(definition.name)) };
    const changes = shown.tools.flatMap(({ definition }) => {
      const pin = own.get(definition.name);
      return (pin === undefined ? null : comparePin(pin, definition)) ?? [];
    });
    take(shown, { changes, fleet });
    const byTool = new Map(fleet.map((pin) => [pin.tool, pin]));
    return shown.tools.flatMap(({ definition }) => {
      if (unpinned.has(definition.name) || own.has(definition.name)) return [];
      const pin = byTool.get(definition.name);
      return [{ connectorId, definition: pin?.definition ?? definition, pinnedAtMs: pin?.pinnedAtMs ?? listedAtMs }];
    });
  }

  /** Reads this host's pins for these connectors, whose tools it has forgotten. */
  async #ownPins(connectorIds: readonly string[]): Promise<ReadonlyMap<string, PinsByTool>> {
    const wanted = new Set(connectorIds);
    const found = new Map<string, Map<string, ToolPin>>();
    for await (const pins of this.#deps.own.ownPins('all')) {
      for (const { connectorId, tool, definitionText, pinnedAtMs } of pins) {
        if (!wanted.has(connectorId)) continue;
        const definition = parseForeignJson(definitionText) as RemoteToolDefinition;
        const ofConnector = found.get(connectorId) ?? new Map<string, ToolPin>();
        found.set(connectorId, ofConnector.set(tool, { connectorId, definition, pinnedAtMs }));
      }
    }
    return found;
  }

  async #connected(): Promise<void> {
    const { fleet } = this.#deps;
    if (fleet.isConnected) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const unlisten = fleet.on('connection', ({ isConnected }) => {
      if (isConnected) resolve();
    });
    await Promise.race([promise, this.#closing.promise]);
    unlisten();
  }
}
