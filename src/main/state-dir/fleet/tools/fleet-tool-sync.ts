import { nextTurn, type Random, startTimer, type Timer } from '../../../../shared/clock.ts';
import type { FleetPin } from '../../../../shared/protocol/fleet/tool-messages.ts';
import type { ConnectorRecord } from '../../../../shared/tools/tool-records.ts';
import type { Fleet } from '../../../fleet/fleet.ts';
import type { OwnToolMemory } from '../../tool-memory.ts';
import { quietly } from './quietly.ts';

/** How long after one comparison with the fleet the next one begins at the earliest. */
const PAUSE_MS = 2_000;

/** How long a page of pins may take. */
const PAGE_TIMEOUT_MS = 5_000;

/** Pins in one question. */
const PAGE = 512;

export interface FleetToolSyncDeps {
  readonly fleet: Pick<Fleet, 'ask' | 'isConnected'>;
  readonly own: OwnToolMemory;
  readonly random: Random;
  readonly isPinned: boolean;
  readonly scopeOf: (connectorId: string) => string | null;
  /** In which time all hosts should begin, after something that all of them notice. */
  readonly spreadMs: () => number;
  /** What connectors list here. */
  readonly current: () => readonly ConnectorRecord[];
  /** Says to the fleet what a connector lists. */
  readonly note: (scope: string, record: ConnectorRecord) => Promise<void>;
  /** Takes over pins of the fleet that are newer than this host's, or others. */
  readonly take: (scope: string, pins: readonly FleetPin[]) => Promise<void>;
}

/**
 * Brings the fleet and this host in step, after the server came back or has lost something: puts in what the fleet
 * lacks of pins, approvals and lists, and takes over what it has newer.
 */
export class FleetToolSync {
  readonly #deps: FleetToolSyncDeps;
  /** Connectors whose list could not be told. */
  readonly #untold = new Set<string>();
  #timer: Timer | null = null;
  #isRunning = false;
  #isWantedAgain = false;
  #isClosed = false;

  constructor(deps: FleetToolSyncDeps) {
    this.#deps = deps;
  }

  /** The fleet has not heard what a connector lists now. */
  missed(connectorId: string): void {
    this.#untold.add(connectorId);
  }

  /** Begins by chance within the time in which all hosts should. */
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
    // The next connection begins it again.
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
