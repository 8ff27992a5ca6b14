import { nextTurn, type Random, startTimer, type Timer } from '../../../../shared/clock.ts';
import type { FleetPin } from '../../../../shared/protocol/fleet/tool-messages.ts';
import type { ConnectorRecord } from '../../../../shared/tools/tool-records.ts';
import type { Fleet } from '../../../fleet/fleet.ts';
import type { OwnToolMemory } from '../../tool-memory.ts';
import { quietly } from './quietly.ts';

/** Minimum time between two syncs with the fleet, in milliseconds. */
const PAUSE_MS = 2_000;

/** Timeout for reading one page of pins. */
const PAGE_TIMEOUT_MS = 5_000;

/** Maximum number of pins in one request. */
const PAGE = 512;

export interface FleetToolSyncDeps {
  readonly fleet: Pick<Fleet, 'ask' | 'isConnected'>;
  readonly own: OwnToolMemory;
  readonly random: Random;
  readonly isPinned: boolean;
  readonly scopeOf: (connectorId: string) => string | null;
  /**
   * Returns the time, in milliseconds, over which all hosts should spread the work that an event causes on each of
   * them.
   */
  readonly spreadMs: () => number;
  /** Returns the lists of this host's connectors. */
  readonly current: () => readonly ConnectorRecord[];
  /** Publishes the list of a connector to the fleet. */
  readonly note: (scope: string, record: ConnectorRecord) => Promise<void>;
  /** Applies pins of the fleet that are newer than this host's pins, or that differ from them. */
  readonly take: (scope: string, pins: readonly FleetPin[]) => Promise<void>;
}

/**
 * Synchronizes this host with the fleet after the Redis server became reachable again or lost data. Publishes the pins,
 * approvals and lists that the fleet lacks, and applies newer ones from the fleet.
 */
export class FleetToolSync {
  readonly #deps: FleetToolSyncDeps;
  /** Connectors whose list could not be published. */
  readonly #untold = new Set<string>();
  #timer: Timer | null = null;
  #isRunning = false;
  #isWantedAgain = false;
  #isClosed = false;

  constructor(deps: FleetToolSyncDeps) {
    this.#deps = deps;
  }

  /** Records that the fleet does not have the newest list of a connector. */
  missed(connectorId: string): void {
    this.#untold.add(connectorId);
  }

  /** Schedules a sync after `leastMs` milliseconds plus a random part of `spreadMs()`. */
  soon(leastMs = 0): void {
    if (this.#isRunning) this.#isWantedAgain = true;
    if (this.#isRunning || this.#isClosed || this.#timer !== null) return;
    const { random, spreadMs } = this.#deps;
    this.#timer = startTimer(leastMs + random.next() * spreadMs(), () => {
      this.#timer = null;
      void this.#run();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  async #run(): Promise<void> {
    // Without a connection, nothing is done now. The sync starts when the connection is back.
    if (!this.#deps.fleet.isConnected) return;
    this.#isRunning = true;
    if (this.#deps.isPinned) await this.#syncPins();
    await this.#tellMissing();
    this.#isRunning = false;
    if (!this.#isWantedAgain) return;
    this.#isWantedAgain = false;
    this.soon(PAUSE_MS);
  }

  async #syncPins(): Promise<void> {
    const { own, fleet, scopeOf, take } = this.#deps;
    for await (const pins of own.ownPins('all')) {
      for (const [scope, ofScope] of Map.groupBy(pins, ({ connectorId }) => scopeOf(connectorId))) {
        for (let from = 0; scope !== null && from < ofScope.length; from += PAGE) {
          const some = ofScope.slice(from, from + PAGE);
          if (this.#isClosed) return;
          const found = await quietly(fleet.ask((api) => api.syncPins(scope, some), PAGE_TIMEOUT_MS));
          if (found === null) return;
          await take(scope, found);
        }
      }
    }
  }

  async #tellMissing(): Promise<void> {
    const { fleet, scopeOf, current, note } = this.#deps;
    for (const [scope, records] of Map.groupBy(current(), ({ connectorId }) => scopeOf(connectorId))) {
      if (scope === null || this.#isClosed) continue;
      const ids = records.map(({ connectorId }) => connectorId);
      const missing = await quietly(fleet.ask((api) => api.missingTools(scope, ids), PAGE_TIMEOUT_MS));
      if (missing === null) return;
      for (const record of records) {
        if (!missing.includes(record.connectorId) && !this.#untold.has(record.connectorId)) continue;
        this.#untold.delete(record.connectorId);
        await note(scope, record);
        await nextTurn();
      }
    }
  }
}
