import { monotonicMs, raceSignal, systemSleep } from '../../shared/clock.ts';
import type { ConnectorProxyManager } from '../manager/connector-proxy-manager.ts';

/** What {@link FirstLists} asks a manager. */
export type FirstListsManager = Pick<ConnectorProxyManager, 'restored' | 'listConnectors' | 'listTools' | 'sync'>;

/** How long lists wait for connectors after the start, in milliseconds. A stdio server in Node takes 1 s or 2 s. */
const MAX_WAIT_MS = 3_000;

/**
 * Decides when a gateway that has just started can answer lists. Many clients list once and keep an empty list, so
 * lists wait until each connector is up or has failed, for at most 3 s after the start. Nothing waits once every
 * connector has tools, of this run or remembered from an earlier one.
 */
export class FirstLists {
  readonly #manager: FirstListsManager;
  readonly #closed: AbortSignal;
  readonly #startedMs: number = monotonicMs();
  #ready: Promise<void> | null = null;

  constructor(manager: FirstListsManager, closed: AbortSignal) {
    this.#manager = manager;
    this.#closed = closed;
  }

  /** Resolves when lists can be answered. Never rejects. */
  ready(): Promise<void> {
    this.#ready ??= this.#wait();
    return this.#ready;
  }

  async #wait(): Promise<void> {
    await this.#manager.restored();
    const leftMs = MAX_WAIT_MS - (monotonicMs() - this.#startedMs);
    if (leftMs <= 0 || this.#areAllListed()) return;
    const synced = this.#manager.sync().catch(() => {});
    await Promise.race([raceSignal(synced, this.#closed), systemSleep(leftMs, this.#closed)]).catch(() => {
      // The gateway was closed meanwhile.
    });
  }

  #areAllListed(): boolean {
    const enabled = this.#manager.listConnectors().filter((entry) => entry.status === 'enabled');
    const listed = new Set(this.#manager.listTools().map(({ connectorId }) => connectorId));
    // Before the first map is there no connector is known, but its remembered tools are.
    return listed.size > 0 && enabled.every(({ id }) => listed.has(id));
  }
}
