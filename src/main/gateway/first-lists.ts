import { monotonicMs, raceSignal, systemSleep } from '../../shared/clock.ts';
import { commandOf } from '../connectors/connection/local-entry.ts';
import type { ConnectorProxyManager } from '../manager/connector-proxy-manager.ts';

/** Methods of a manager that {@link FirstLists} uses. */
export type FirstListsManager = Pick<
  ConnectorProxyManager,
  'restored' | 'listConnectors' | 'listTools' | 'sync' | 'connector' | 'on'
>;

/** How long list requests wait for connectors. All times are counted from the start of the gateway, in milliseconds. */
interface FirstListsLimits {
  /** Maximum wait for connectors in general. */
  readonly maxWaitMs: number;
  /** Maximum wait while a stdio server is starting. A stdio server in Node needs 1 s or 2 s to start. */
  readonly maxProgramWaitMs: number;
  /**
   * Maximum wait for a tool, prompt or resource that a client requests by name. The client may know it from another
   * replica or an earlier run.
   */
  readonly maxNamedWaitMs: number;
}

const LIMITS: FirstListsLimits = { maxWaitMs: 750, maxProgramWaitMs: 3_000, maxNamedWaitMs: 10_000 };

/**
 * Decides when a gateway that has just started can answer lists. Many clients list once and keep an empty list, so
 * lists wait until each connector is up or has failed. They wait at most 750 ms after the start, or 3 s while a stdio
 * server starts. No list waits once every connector has tools, listed in this run or remembered from an earlier run.
 */
export class FirstLists {
  readonly #manager: FirstListsManager;
  readonly #closed: AbortSignal;
  readonly #limits: FirstListsLimits;
  readonly #startedMs: number = monotonicMs();
  /** Resolves once neither prompts nor resources are being read. */
  readonly #featuresRead: () => Promise<void>;
  #ready: Promise<void> | null = null;
  #featuresReady: Promise<void> | null = null;
  #namedReady: Promise<void> | null = null;

  constructor(
    manager: FirstListsManager,
    closed: AbortSignal,
    featuresRead: () => Promise<void>,
    limits: FirstListsLimits = LIMITS,
  ) {
    this.#manager = manager;
    this.#closed = closed;
    this.#featuresRead = featuresRead;
    this.#limits = limits;
  }

  /** Resolves when tools can be listed. Never rejects. */
  ready(): Promise<void> {
    this.#ready ??= this.#wait(true);
    return this.#ready;
  }

  /**
   * Resolves when prompts and resources can be listed and found. Unlike tools, they are not remembered from an earlier
   * run, so each connector must be up and have listed its items. Never rejects.
   */
  featuresReady(): Promise<void> {
    this.#featuresReady ??= this.#wait(false).then(() =>
      this.#within(this.#limits.maxProgramWaitMs, this.#featuresRead()),
    );
    return this.#featuresReady;
  }

  /**
   * Resolves when an unknown tool, prompt or resource can be reported as unknown. That is the case once each connector
   * is up or has failed, at most 10 s after the start. Never rejects.
   */
  namedReady(): Promise<void> {
    this.#namedReady ??= this.#waitForNamed();
    return this.#namedReady;
  }

  async #waitForNamed(): Promise<void> {
    const { maxNamedWaitMs } = this.#limits;
    if (monotonicMs() - this.#startedMs >= maxNamedWaitMs) return;
    const synced = this.#manager.sync().catch(() => {});
    await this.#within(
      maxNamedWaitMs,
      synced.then(() => this.#featuresRead()),
    );
  }

  async #wait(areToolsEnough: boolean): Promise<void> {
    const { maxWaitMs, maxProgramWaitMs } = this.#limits;
    await this.#manager.restored();
    const isStarting = monotonicMs() - this.#startedMs < maxProgramWaitMs;
    if (!isStarting || (areToolsEnough && this.#areAllListed())) return;
    // A failed sync ends the wait too; its error is reported to the caller that started the gateway.
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

  /** Waits until `settled` resolves, `maxMs` have passed since the start, or the gateway is closed. */
  async #within(maxMs: number, settled: Promise<void>): Promise<void> {
    const leftMs = maxMs - (monotonicMs() - this.#startedMs);
    if (leftMs <= 0) return;
    await Promise.race([raceSignal(settled, this.#closed), systemSleep(leftMs, this.#closed)]).catch(() => {
      // The gateway was closed during the wait.
    });
  }

  #areAllListed(): boolean {
    const enabled = this.#manager.listConnectors().filter((entry) => entry.status === 'enabled');
    const listed = new Set(this.#manager.listTools().map(({ connectorId }) => connectorId));
    // Before the first map is loaded, remembered tools are known, but their connectors are not.
    return listed.size > 0 && enabled.every(({ id }) => listed.has(id));
  }

  #isProgramStarting(): boolean {
    return this.#manager.listConnectors().some(({ id }) => {
      const { entry, status } = this.#manager.connector(id) ?? {};
      return entry !== undefined && commandOf(entry) !== null && status?.state === 'connecting';
    });
  }
}
