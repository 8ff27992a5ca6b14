import { isDeepStrictEqual } from 'node:util';
import { startTimer, type Timer } from '../../shared/clock.ts';
import type { ConnectorEntry } from '../../shared/map/service-map.ts';
import type { ConnectorRecord, RememberedConnector, ToolPinChange } from '../../shared/tools/tool-records.ts';
import type { ToolListing } from '../connectors/bring-up/list-tools.ts';
import type { ConnectionFacts } from '../connectors/connection/connection.ts';
import type { ConnectorIdentity } from '../connectors/connector-deps.ts';
import type { DroppedDefinition } from '../mcp/definitions/definition.ts';
import { examine } from '../mcp/definitions/examine.ts';
import { dropped as droppedAs } from '../mcp/definitions/list-item.ts';
import { NEWEST_REVISION } from '../mcp/definitions/wire-revision.ts';
import type { ToolMemory } from '../state-dir/tool-memory.ts';
import type { DroppedDefinitions } from './dropped-definitions.ts';
import type { ToolApprovals, ToolDigests } from './tool-approvals.ts';
import { shownTools } from './tool-filter.ts';
import { listedTool, publicToolId, rememberedTool, type ToolInfo, toolRecord } from './tool-info.ts';
import type { ToolPins } from './tool-pins.ts';
import type { ToolStore } from './tool-store.ts';

/** How often to check for approvals by other processes while a tool differs from its pin, in milliseconds. */
const LOOK_MS = 1_000;

/** When a connector listed its tools, and whether that was in an earlier run. */
export interface ToolProvenance {
  /** When the connector listed its tools, in epoch milliseconds. */
  readonly listedAt: number;
  /** Whether the connector listed its tools in an earlier run, and has not listed them since. */
  readonly isStale: boolean;
  readonly count: number;
}

interface ToolList {
  readonly tools: readonly ToolInfo[];
  /** The part of the list that is kept across restarts. */
  readonly record: ConnectorRecord;
  /** Definitions that no client of a gateway ever sees. */
  readonly dropped: readonly DroppedDefinition[];
  readonly endpoint: string;
  readonly listedAt: number;
  readonly isStale: boolean;
}

export interface ToolIntakeDeps {
  readonly store: ToolStore;
  readonly memory: ToolMemory;
  readonly pins: ToolPins;
  readonly approvals: ToolApprovals;
  readonly dropped: DroppedDefinitions;
  /** Returns the digests that the signed map approves; undefined if the connector does not exist. */
  readonly digestsOf: (connectorId: string) => ToolDigests | undefined;
  /** Returns the brand that the tools of an entry are tagged with; null if they get no such tag. */
  readonly brandOf: (entry: ConnectorEntry) => string | null;
  readonly now: () => number;
  /** Called for each stored endpoint that uses the legacy protocol, so that the endpoint need not be probed. */
  readonly onLegacy: (endpoint: string) => void;
}

/**
 * Receives tools from memory and from connectors. Checks them against the digests of the signed map and against their
 * pins, and publishes the tools that pass.
 */
export class ToolIntake {
  readonly #deps: ToolIntakeDeps;
  readonly #lists = new Map<string, ToolList>();
  /** Connectors whose published tools come from an earlier run. */
  readonly #stale = new Set<string>();
  /** The number of each connector's newest list. Lists with a lower number are no longer published. */
  readonly #turns = new Map<string, number>();
  #lookTimer: Timer | null = null;
  #isClosed = false;

  constructor(deps: ToolIntakeDeps) {
    this.#deps = deps;
  }

  /** Publishes the tools of an earlier run, unless the connector has already listed its tools. */
  restore(connector: RememberedConnector): void {
    const { connectorId, endpoint, listedAtMs, tools, changes, era } = connector;
    if (this.#isClosed || this.#turns.has(connectorId)) return;
    if (era === 'legacy') this.#deps.onLegacy(new URL(endpoint).href);
    const { changes: _changes, ...record } = connector;
    const infos = tools.map((tool) => rememberedTool(connectorId, tool));
    const list = { tools: infos, record, dropped: invisible(infos), endpoint, listedAt: listedAtMs, isStale: true };
    this.#deps.approvals.passing(connectorId, infos, this.#digests(connectorId, list));
    this.#judge(connectorId, this.#deps.pins.policy === 'off' ? [] : changes);
    this.#publish(connectorId, list);
  }

  /** Forgets a connector of an earlier run that no longer exists, unless it has already listed its tools. */
  forget(connectorId: string): void {
    if (!this.#isClosed && !this.#turns.has(connectorId)) this.gone(connectorId);
  }

  /** Checks and publishes a list. Resolves once the list is published and, with `quarantine`, its pins are known. */
  async take(
    { id, entry }: ConnectorIdentity,
    listing: Pick<ToolListing, 'tools' | 'dropped'>,
    facts: ConnectionFacts,
  ): Promise<void> {
    const { memory, pins, brandOf, now } = this.#deps;
    const turn = this.#nextTurn(id);
    const brand = brandOf(entry);
    const tools = shownTools(entry, listing.tools).map((definition) => listedTool(entry, definition, brand));
    const { endpoint } = entry;
    const { era, transport, protocolVersion, serverName } = facts;
    const listedAtMs = Math.floor(now());
    const dropped = [...shownTools(entry, listing.dropped), ...invisible(tools)];
    const isStrict = pins.policy === 'quarantine';
    const record: ConnectorRecord = {
      connectorId: id,
      ...{ endpoint, era, transport, protocolVersion, serverName, listedAtMs },
      tools: tools.map(toolRecord),
      toolDigests: this.#deps.digestsOf(id) ?? null,
    };
    const list = { tools, record, dropped, endpoint, listedAt: listedAtMs, isStale: false };
    if (!isStrict) this.#publish(id, list);
    const remembered = memory.remember(record).then((changes) => {
      if (this.#turns.get(id) !== turn || this.#isClosed) return;
      // The digests of the map are checked before the pins, because pins do not apply to tools that the map approves.
      if (isStrict) this.#deps.approvals.passing(id, tools, this.#digests(id, list));
      this.#judge(id, changes);
      if (isStrict) this.#publish(id, list);
    });
    if (isStrict) await remembered;
  }

  /** Removes the tools of a connector that was removed or disabled. */
  gone(connectorId: string): void {
    this.#nextTurn(connectorId);
    this.#lists.delete(connectorId);
    this.#stale.delete(connectorId);
    this.#deps.store.replace(connectorId, []);
    this.#deps.dropped.forget(connectorId);
    this.#deps.approvals.forget(connectorId);
    if (this.#isClosed) return;
    this.#judge(connectorId, []);
    this.#deps.memory.forget(connectorId);
  }

  /** Removes tools of an earlier run whose connector is gone or has another endpoint, according to `endpointOf`. */
  dropUnknown(endpointOf: (connectorId: string) => string | null): void {
    for (const id of this.#stale) if (endpointOf(id) !== this.#lists.get(id)?.endpoint) this.gone(id);
  }

  /**
   * Checks the tools of these connectors again, because the digests of their entries may have changed. Skips
   * connectors without a list, because reading digests decodes an entry, and a first map adds all of its entries.
   */
  reconsider(connectorIds: readonly string[]): void {
    for (const id of connectorIds) {
      const list = this.#lists.get(id);
      if (list === undefined || this.#isClosed) continue;
      const digests = this.#deps.digestsOf(id);
      if (digests === undefined) continue;
      if (isDeepStrictEqual(digests, list.record.toolDigests ?? null)) continue;
      const next = { ...list, record: { ...list.record, toolDigests: digests } };
      this.#publish(id, next);
      // The digests are stored, so that the next start applies them before it has loaded its map.
      void this.#deps.memory.remember(next.record);
    }
  }

  /** Compares all tools with the current pins again. */
  async review(): Promise<void> {
    const { memory, pins } = this.#deps;
    const changes = await memory.changes();
    const byConnector = Map.groupBy(changes, ({ connectorId }) => connectorId);
    for (const id of new Set([...pins.connectorIds, ...byConnector.keys()])) {
      const list = this.#lists.get(id);
      if (this.#isClosed || list === undefined) continue;
      if (this.#judge(id, byConnector.get(id) ?? [])) this.#publish(id, list);
    }
  }

  /** Approves these changed tools as they are now, or all changed tools if `names` is null. Resolves with their ids. */
  async approve(names: readonly string[] | null): Promise<readonly string[]> {
    const chosen = names === null ? null : this.#deps.pins.choices(names);
    const approved = await this.#deps.memory.approve(chosen);
    await this.review();
    return approved.map(({ connectorId, tool }) => publicToolId(connectorId, tool));
  }

  /** Ids of connectors whose published tools come from an earlier run. */
  get staleIds(): ReadonlySet<string> {
    return this.#stale;
  }

  provenance(connectorId: string): ToolProvenance | null {
    const list = this.#lists.get(connectorId);
    return list === undefined ? null : { listedAt: list.listedAt, isStale: list.isStale, count: list.tools.length };
  }

  /** Stops handling lists. Connectors that close with the manager keep their stored tools. */
  close(): void {
    this.#isClosed = true;
    this.#lookTimer?.cancel();
  }

  #publish(connectorId: string, list: ToolList): void {
    const { store, pins, approvals, dropped } = this.#deps;
    dropped.replace(connectorId, 'tool', list.dropped);
    this.#lists.set(connectorId, list);
    if (list.isStale) this.#stale.add(connectorId);
    else this.#stale.delete(connectorId);
    const passing = approvals.passing(connectorId, list.tools, this.#digests(connectorId, list));
    store.replace(
      connectorId,
      passing.filter(({ definition: { name } }) => {
        return approvals.names(connectorId, name) || !pins.isQuarantined(connectorId, name);
      }),
    );
  }

  /** Returns the digests of the current entry, or the stored digests while the entry is unknown. */
  #digests(connectorId: string, { record }: ToolList): ToolDigests {
    return this.#deps.digestsOf(connectorId) ?? record.toolDigests ?? null;
  }

  #judge(connectorId: string, changes: readonly ToolPinChange[]): boolean {
    const { pins, approvals } = this.#deps;
    const own = changes.filter(({ tool }) => !approvals.names(connectorId, tool));
    const isOther = pins.note(connectorId, own);
    if (own.length > 0) this.#lookLater();
    return isOther;
  }

  /** Schedules a review, because changed tools may be approved from the command line. */
  #lookLater(): void {
    this.#lookTimer ??= startTimer(LOOK_MS, () => {
      void this.review().then(() => {
        this.#lookTimer = null;
        if (!this.#isClosed && this.#deps.pins.connectorIds.length > 0) this.#lookLater();
      });
    });
  }

  #nextTurn(connectorId: string): number {
    const turn = (this.#turns.get(connectorId) ?? 0) + 1;
    this.#turns.set(connectorId, turn);
    return turn;
  }
}

/** Returns the tools that no client of a gateway sees, because their invalid definitions cannot be repaired. */
function invisible(tools: readonly ToolInfo[]): readonly DroppedDefinition[] {
  return tools.flatMap(({ definition, invalid }) => {
    const reason = invalid === null ? null : examine('tool', definition, NEWEST_REVISION).reason;
    return reason === null ? [] : [droppedAs('tool', definition.name, reason)];
  });
}
