import { type Random, settledWithin } from '../../../../shared/clock.ts';
import type { FleetPin } from '../../../../shared/protocol/fleet/tool-messages.ts';
import { comparePin, isSameChange } from '../../../../shared/tools/compare-pin.ts';
import type {
  ConnectorRecord,
  PinChoice,
  RememberedConnector,
  ToolPinChange,
  ToolPinDetail,
} from '../../../../shared/tools/tool-records.ts';
import type { Fleet } from '../../../fleet/fleet.ts';
import type { Logger } from '../../../observability/logger.ts';
import type { PinPolicy } from '../../../options/option-checks.ts';
import type { OwnToolMemory, ToolMemory } from '../../tool-memory.ts';
import { CatalogueReader } from './catalogue-reader.ts';
import { FleetApprovals } from './fleet-approvals.ts';
import { FleetPinBook, mergedChanges } from './fleet-pin-book.ts';
import { FleetToolSync } from './fleet-tool-sync.ts';
import { quietly } from './quietly.ts';
import { RelistSpread } from './relist-spread.ts';

/** How long a start waits for the catalogue of the fleet. Parts that arrive later are still used. */
const START_WAIT_MS = 250;

export interface FleetToolMemoryDeps {
  readonly fleet: Pick<Fleet, 'ask' | 'on' | 'isConnected' | 'hostCount'>;
  /** The memory of this host alone. */
  readonly own: OwnToolMemory;
  readonly policy: PinPolicy;
  readonly logger: Logger;
  readonly random: Random;
  readonly now: () => number;
  /**
   * The known scopes. Scopes of maps are known from the start. The scopes of other connectors are known once their
   * sources have been read.
   */
  readonly scopes: () => readonly string[];
  /**
   * Returns the scope in which the fleet shares a connector's tools. Returns null if they are not shared, or if the
   * scope is unknown.
   */
  readonly scopeOf: (connectorId: string) => string | null;
  /** Called when pins changed, so that the tools must be compared again. */
  readonly onPins: () => void;
  /** Asks a connector for its tools again, if it is connected. */
  readonly relist: (connectorId: string) => void;
}

/**
 * The tool memory of a host in a fleet. The host's own memory takes precedence, and Redis only passes tools and pins on
 * to the other hosts. A tool must match both the pin of this host and the pin of the fleet. Nothing here rejects or
 * waits long. While Redis is unreachable, only the pins of this host apply.
 */
export class FleetToolMemory implements ToolMemory {
  readonly #deps: FleetToolMemoryDeps;
  readonly #book = new FleetPinBook();
  /** The newest list of each connector, from the connector itself or from an earlier run. */
  readonly #current = new Map<string, ConnectorRecord>();
  /** The scope in which each connector's list was published, by connector id. */
  readonly #noted = new Map<string, string>();
  /** The scopes whose catalogue was read. */
  readonly #read = new Set<string>();
  /** Handles a connector that was restored. Does nothing before {@link restore} is called. */
  #take: (connector: RememberedConnector) => void = () => {};
  readonly #spread: RelistSpread;
  readonly #approvals: FleetApprovals;
  readonly #sync: FleetToolSync;
  readonly #catalogue: CatalogueReader;
  readonly #unlisten: readonly (() => void)[];
  /** Resolves once it is known which approvals this host has applied in earlier runs. */
  readonly #versions: Promise<void>;

  constructor(deps: FleetToolMemoryDeps) {
    this.#deps = deps;
    const { fleet, own, policy, random, scopeOf, relist } = deps;
    this.#spread = new RelistSpread({ random, relist, hostCount: () => fleet.hostCount });
    this.#versions = this.#readVersions();
    this.#approvals = new FleetApprovals({
      ...{ ...deps, book: this.#book, current: (connectorId) => this.#current.get(connectorId) },
      relist: (connectorId, digest) => this.#spread.heard(connectorId, digest),
    });
    this.#sync = new FleetToolSync({
      ...{ fleet, own, scopeOf, random, spreadMs: () => this.#spread.spreadMs(), isPinned: policy !== 'off' },
      current: () => [...this.#current.values()],
      note: (scope, record) => this.#note(scope, record, this.#book.approvedOf(record)),
      take: (scope, pins) => this.#takeOver(scope, pins),
    });
    this.#catalogue = new CatalogueReader({ fleet, own, policy });
    this.#unlisten = [
      fleet.on('connection', ({ isConnected }) => {
        if (isConnected) this.#sync.soon();
      }),
      fleet.on('tools-lost', () => this.#sync.soon()),
      fleet.on('tools-changed', ({ scope, connectorId, digest }) => {
        if (scopeOf(connectorId) === scope) this.#spread.heard(connectorId, digest);
      }),
      fleet.on('pins-approved', ({ scope, tools }) => {
        const known = tools?.filter(({ connectorId }) => scopeOf(connectorId) === scope);
        if (known === undefined) this.#sync.soon();
        else if (known.length > 0) void this.#readApproved(scope, known);
      }),
    ];
  }

  async restore(take: (connector: RememberedConnector) => void): Promise<void> {
    await this.#deps.own.restore((connector) => {
      const { changes: _changes, ...record } = connector;
      this.#keep(record);
      take(connector);
    });
    this.#take = take;
    await settledWithin(this.#readCatalogue(), START_WAIT_MS);
  }

  async remember(record: ConnectorRecord): Promise<readonly ToolPinChange[]> {
    const { own, scopeOf, now } = this.#deps;
    this.#keep(record);
    const [changes] = await Promise.all([own.remember(record), this.#versions]);
    const scope = scopeOf(record.connectorId);
    if (scope === null) return changes;
    const differing = new Set(changes.map(({ tool }) => tool));
    const approved = this.#book.approvedOf(record).filter(({ tool }) => !differing.has(tool));
    await this.#note(scope, record, [
      ...approved.map((pin) => ({ ...pin, pinnedAtMs: Math.floor(now()) })),
      ...changes.map((change) => this.#ownPin(change)),
    ]);
    return this.#merged(changes, record);
  }

  forget(connectorId: string): void {
    const { own, fleet } = this.#deps;
    own.forget(connectorId);
    this.#current.delete(connectorId);
    this.#book.forget(connectorId);
    const scope = this.#noted.get(connectorId);
    this.#noted.delete(connectorId);
    if (scope !== undefined) void quietly(fleet.ask((api) => api.dropTools(scope, [connectorId])));
  }

  async changes(): Promise<readonly ToolPinDetail[]> {
    const own = await this.#deps.own.changes();
    return mergedChanges(
      own,
      [...this.#current.values()].flatMap((record) => this.#book.changesOf(record)),
    );
  }

  /** Approves tools on this host immediately, and on the other hosts as soon as the Redis server is reachable. */
  async approve(choices: readonly PinChoice[] | null): Promise<readonly ToolPinChange[]> {
    const { own, scopeOf } = this.#deps;
    const isChosen = (change: ToolPinDetail): boolean =>
      choices?.some((choice) => isSameChange(choice, change)) ?? true;
    const chosen = (await this.changes()).filter(isChosen);
    const approvedHere = await own.approve(choices);
    const shared = chosen.filter(({ connectorId }) => scopeOf(connectorId) !== null);
    await this.#approvals.approve(shared);
    return mergedChanges<ToolPinChange>(approvedHere, shared);
  }

  /**
   * Handles a change of the sources: publishes the tools of changed connectors, and reads the catalogue for new scopes.
   */
  followSources(): void {
    this.#sync.soon();
    void this.#readCatalogue();
  }

  close(): void {
    for (const unlisten of this.#unlisten) unlisten();
    this.#spread.close();
    this.#sync.close();
    this.#catalogue.close();
  }

  #keep(record: ConnectorRecord): void {
    this.#current.set(record.connectorId, record);
  }

  /** Reads the catalogues of all scopes whose catalogue has not been read yet. */
  async #readCatalogue(): Promise<void> {
    const scopes = this.#deps.scopes().filter((scope) => !this.#read.has(scope));
    for (const scope of scopes) this.#read.add(scope);
    const isKnown = (id: string): boolean => this.#current.has(id);
    await this.#catalogue.read(scopes, isKnown, (record, pins) => {
      if (isKnown(record.connectorId)) return;
      this.#keep(record);
      const { approved } = this.#book.learn(pins.fleet);
      // An approval of the fleet becomes this host's own pin later. Until then, the list is also compared with the
      // approval.
      const changes = approved.flatMap((pin) => {
        const listed = record.tools.find(({ definition }) => definition.name === pin.tool);
        return (listed === undefined ? null : comparePin(pin, listed.definition)) ?? [];
      });
      const ofFleet = mergedChanges(changes, this.#book.changesOf(record));
      this.#take({ ...record, changes: mergedChanges(pins.changes, ofFleet) });
      void this.#approvals.take(approved);
    });
  }

  async #readVersions(): Promise<void> {
    for await (const pins of this.#deps.own.ownPins('approved'))
      for (const { connectorId, tool, version } of pins) this.#book.taken(connectorId, tool, version);
  }

  #merged(changes: readonly ToolPinChange[], record: ConnectorRecord): readonly ToolPinChange[] {
    return mergedChanges(changes, this.#book.changesOf(record));
  }

  #ownPin({ connectorId, tool, pinned, pinnedAtMs }: ToolPinDetail): FleetPin {
    return { connectorId, tool, version: this.#book.versionOf(connectorId, tool), definition: pinned, pinnedAtMs };
  }

  /** Publishes the list of a connector to the fleet, and applies the fleet's pins for this connector. */
  async #note(scope: string, record: ConnectorRecord, pins: readonly FleetPin[]): Promise<void> {
    const { fleet, policy } = this.#deps;
    const { connectorId } = record;
    const list = { connectorId, recordText: JSON.stringify(record), pins, isPinned: policy !== 'off' };
    this.#noted.set(connectorId, scope);
    const found = await quietly(fleet.ask((api) => api.noteTools(scope, list)));
    if (found === null) this.#sync.missed(connectorId);
    if (found === null || this.#current.get(connectorId) !== record) return;
    this.#book.forget(connectorId);
    await this.#learn(scope, found);
  }

  async #readApproved(scope: string, tools: readonly { connectorId: string; tool: string }[]): Promise<void> {
    const pins = await quietly(this.#deps.fleet.ask((api) => api.readPins(scope, tools)));
    if (pins !== null) await this.#takeOver(scope, pins);
  }

  /** Applies pins of the fleet, and compares the tools with them again. */
  async #takeOver(scope: string, pins: readonly FleetPin[]): Promise<void> {
    if (pins.length === 0) return;
    await this.#learn(scope, pins);
    this.#deps.onPins();
  }

  async #learn(scope: string, pins: readonly FleetPin[]): Promise<void> {
    await this.#versions;
    const { approved, isBehind } = this.#book.learn(
      pins.filter(({ connectorId }) => this.#deps.scopeOf(connectorId) === scope),
    );
    if (isBehind) this.#sync.soon();
    await this.#approvals.take(approved);
  }
}
