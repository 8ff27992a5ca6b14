import { monotonicMs, raceSignal, systemSleep } from '../../shared/clock.ts';
import { commandOf } from '../connectors/connection/local-entry.ts';
import type { ConnectorProxyManager } from '../manager/connector-proxy-manager.ts';

/** The methods of a manager that {@link FirstLists} uses. */
export type FirstListsManager = Pick<
  ConnectorProxyManager,
  'restored' | 'listConnectors' | 'listTools' | 'sync' | 'connector' | 'on'
>;

/** How long lists wait after the start, in milliseconds. */
interface FirstListsLimits {
  /** For connectors of any kind. */
  readonly maxWaitMs: number;
  /** While a stdio server starts, which takes 1 s or 2 s in Node. */
  readonly maxProgramWaitMs: number;
}

const LIMITS: FirstListsLimits = { maxWaitMs: 750, maxProgramWaitMs: 3_000 };

/**
 * Decides when a gateway that has just started can answer lists. Many clients list once and keep an empty list, so
 * lists wait until each connector is up or has failed: for at most 750 ms after the start, or 3 s while a stdio server
 * starts. Nothing waits once every connector has tools, of this run or remembered from an earlier one.
 */
export class FirstLists {
  readonly #manager: FirstListsManager;
  readonly #closed: AbortSignal;
  readonly #limits: FirstListsLimits;
  readonly #startedMs: number = monotonicMs();
  #ready: Promise<void> | null = null;

  constructor(manager: FirstListsManager, closed: AbortSignal, limits: FirstListsLimits = LIMITS) {
    this.#manager = manager;
    this.#closed = closed;
    this.#limits = limits;
  }

  /** Resolves when lists can be answered. Never rejects. */
  ready(): Promise<void> {
    this.#ready ??= this.#wait();
    return this.#ready;
  }

  async #wait(): Promise<void> {
    const { maxWaitMs, maxProgramWaitMs } = this.#limits;
    await this.#manager.restored();
    if (monotonicMs() - this.#startedMs >= maxProgramWaitMs || this.#areAllListed()) return;
    // A sync that fails ends the wait too; whoever started the gateway is told why.
    const synced = this.#manager.sync().catch(() => {});
    await this.#within(maxWaitMs, synced);
    if (this.#closed.aborted || !this.#isProgramStarting()) return;
    const started = Promise.withResolvers<void>();
    const off = this.#manager.on('connector', () => {
      if (!this.#isProgramStarting()) started.resolve();
    });
    await this.#within(maxProgramWaitMs, started.promise);
    off();
  }

  /** Waits for `settled`, for at most `maxMs` after the start, or until the gateway is closed. */
  async #within(maxMs: number, settled: Promise<void>): Promise<void> {
    const leftMs = maxMs - (monotonicMs() - this.#startedMs);
    if (leftMs <= 0) return;
    await Promise.race([raceSignal(settled, this.#closed), systemSleep(leftMs, this.#closed)]).catch(() => {
      // The gateway was closed meanwhile.
    });
  }

  #areAllListed(): boolean {
    const enabled = this.#manager.listConnectors().filter((entry) => entry.status === 'enabled');
    const listed = new Set(this.#manager.listTools().map(({ connectorId }) => connectorId));
    // Before the first map is there no connector is known, but its remembered tools are.
    return listed.size > 0 && enabled.every(({ id }) => listed.has(id));
  }

  #isProgramStarting(): boolean {
    return this.#manager.listConnectors().some(({ id }) => {
      const { entry, status } = this.#manager.connector(id) ?? {};
      return entry !== undefined && commandOf(entry) !== null && status?.state === 'connecting';
    });
  }
}
