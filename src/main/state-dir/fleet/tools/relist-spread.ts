import { LRUCache } from 'lru-cache';
import { type Random, startTimer, type Timer } from '../../../../shared/clock.ts';

/**
 * Reports of the same change within this time cause only one read. Otherwise, hosts to which a connector lists
 * different tools would cause reads without end.
 */
const TRIED_MS = 30_000;

const MAX_TRIED = 4_096;

/**
 * The hosts of a fleet spread their reads over this time multiplied by the number of hosts. The product is limited by a
 * minimum and a maximum.
 */
const PER_HOST_MS = 20;
const LEAST_MS = 200;
const MOST_MS = 10_000;

export interface RelistSpreadDeps {
  readonly random: Random;
  /** Returns the number of hosts in the fleet. */
  readonly hostCount: () => number;
  readonly relist: (connectorId: string) => void;
}

/**
 * Reads the tools of a connector again when another host reports that they changed. Each change causes one read, at a
 * random time.
 */
export class RelistSpread {
  readonly #deps: RelistSpreadDeps;
  readonly #tried = new LRUCache<string, true>({ max: MAX_TRIED, ttl: TRIED_MS });
  readonly #timers = new Map<string, Timer>();

  constructor(deps: RelistSpreadDeps) {
    this.#deps = deps;
  }

  /** Handles the message that another host has listed or approved other tools. `digest` identifies this change. */
  heard(connectorId: string, digest: string): void {
    const name = JSON.stringify([connectorId, digest]);
    if (this.#tried.has(name)) return;
    this.#tried.set(name, true);
    if (this.#timers.has(connectorId)) return;
    const timer = startTimer(this.#deps.random.next() * this.spreadMs(), () => {
      this.#timers.delete(connectorId);
      this.#deps.relist(connectorId);
    });
    this.#timers.set(connectorId, timer);
  }

  /** Returns the time, in milliseconds, over which all hosts should spread work that each of them does once. */
  spreadMs(): number {
    return Math.min(MOST_MS, Math.max(LEAST_MS, this.#deps.hostCount() * PER_HOST_MS));
  }

  close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }
}
