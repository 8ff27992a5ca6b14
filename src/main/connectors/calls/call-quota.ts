import { monotonicMs, raceSignal, startTimer } from '../../../shared/clock.ts';
import { SwitchyardError } from '../../../shared/errors.ts';
import type { ConnectorEntry } from '../../../shared/map/service-map.ts';

/** Calls that may wait for a connector's quota; beyond that the next one fails at once. */
const MAX_WAITING = 128;

const WINDOWS: readonly (readonly [quota: string, ms: number])[] = [
  ['perMinute', 60_000],
  ['perHour', 3_600_000],
  ['perDay', 86_400_000],
];

/** A quota over a sliding window. */
interface Window {
  readonly max: number;
  readonly ms: number;
  /** When the calls within the window began, oldest first. */
  readonly startsMs: number[];
}

/**
 * Keeps the quotas that the map sets for a connector: `concurrent` calls at a time, and `perMinute`, `perHour`, `perDay` over sliding
 * windows. Calls beyond a quota wait in order, as long as their own deadline allows.
 */
export class CallQuota {
  #concurrent = Number.POSITIVE_INFINITY;
  #windows: readonly Window[] = [];
  #active = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(quotas: ConnectorEntry['quotas']) {
    this.update(quotas);
  }

  /** Takes up changed quotas; calls that began under the old ones count still. */
  update(quotas: ConnectorEntry['quotas']): void {
    this.#concurrent = quotas?.concurrent ?? Number.POSITIVE_INFINITY;
    this.#windows = WINDOWS.flatMap(([name, ms]) => {
      const max = quotas?.[name];
      if (max === undefined) return [];
      return [{ max, ms, startsMs: this.#windows.find((window) => window.ms === ms)?.startsMs ?? [] }];
    });
    this.#wake();
  }

  /**
   * Resolves with a function that gives the place back, once the call may begin. Rejects with QUOTA_EXCEEDED where too many wait
   * already or none may ever begin, or with the reason of `signal`.
   */
  async acquire(signal: AbortSignal, connectorId: string): Promise<() => void> {
    if (this.#concurrent < 1 || this.#windows.some(({ max }) => max < 1)) throw exceeded(connectorId, 'it allows none');
    while (true) {
      signal.throwIfAborted();
      const waitMs = this.#waitMs();
      if (waitMs === 0) break;
      if (this.#waiting.length >= MAX_WAITING) throw exceeded(connectorId, `${MAX_WAITING} calls wait already`);
      await this.#wait(waitMs, signal);
    }
    this.#active += 1;
    const nowMs = monotonicMs();
    for (const { startsMs } of this.#windows) startsMs.push(nowMs);
    // There may be room for more than one.
    this.#wake();
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#active -= 1;
      this.#wake();
    };
  }

  /** 0 if a call may begin; else how long until one of the windows has room, or infinity until a call ends. */
  #waitMs(): number {
    const nowMs = monotonicMs();
    let waitMs = this.#active < this.#concurrent ? 0 : Number.POSITIVE_INFINITY;
    for (const { max, ms, startsMs } of this.#windows) {
      while (startsMs[0] !== undefined && startsMs[0] <= nowMs - ms) startsMs.shift();
      const oldest = startsMs[startsMs.length - max];
      if (oldest !== undefined) waitMs = Math.max(waitMs, oldest + ms - nowMs);
    }
    return waitMs;
  }

  async #wait(waitMs: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    const timer = Number.isFinite(waitMs) ? startTimer(Math.ceil(waitMs), resolve) : null;
    try {
      await raceSignal(promise, signal);
    } finally {
      timer?.cancel();
      const place = this.#waiting.indexOf(resolve);
      if (place >= 0) this.#waiting.splice(place, 1);
    }
  }

  #wake(): void {
    this.#waiting[0]?.();
  }
}

function exceeded(connectorId: string, why: string): SwitchyardError {
  return new SwitchyardError('QUOTA_EXCEEDED', `The quota of connector ${connectorId} is used up: ${why}.`, {
    detail: { connectorId },
  });
}
