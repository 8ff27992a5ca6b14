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
   * Resolves with a function that gives the place back, once the call may begin. Rejects with QUOTA_EXCEEDED where too
   * many wait already, where none may ever begin, or where the next free place comes after `withinMs`; or with the
   * reason of `signal`.
   */
  async acquire(signal: AbortSignal, connectorId: string, withinMs: number): Promise<() => void> {
    if (this.#concurrent < 1 || this.#windows.some(({ max }) => max < 1)) throw exceeded(connectorId, 'it allows none');
    const endsMs = monotonicMs() + withinMs;
    while (true) {
      signal.throwIfAborted();
      const waitMs = this.#waitMs();
      if (waitMs === 0) break;
      if (this.#waiting.length >= MAX_WAITING) throw exceeded(connectorId, `${MAX_WAITING} calls wait already`);
      const aheadMs = this.#windowMs(this.#waiting.length);
      if (monotonicMs() + aheadMs > endsMs)
        throw exceeded(connectorId, `its next free place is in ${inWords(aheadMs)}`);
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

  /** 0 if a call may begin; else how long until every window has room, or infinity until a call ends. */
  #waitMs(): number {
    return this.#active < this.#concurrent ? this.#windowMs(0) : Number.POSITIVE_INFINITY;
  }

  /** How long until every window has room for one call more than the `ahead` that wait already. */
  #windowMs(ahead: number): number {
    const nowMs = monotonicMs();
    let waitMs = 0;
    for (const { max, ms, startsMs } of this.#windows) {
      while (startsMs[0] !== undefined && startsMs[0] <= nowMs - ms) startsMs.shift();
      const rounds = Math.floor(ahead / max);
      // Those ahead take the places that become free first, and keep them for a whole window.
      const freeing = startsMs[startsMs.length - max + (ahead % max)];
      if (freeing !== undefined) waitMs = Math.max(waitMs, freeing + (rounds + 1) * ms - nowMs);
      else if (rounds > 0) waitMs = Math.max(waitMs, rounds * ms);
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

function inWords(ms: number): string {
  return ms < 1_000 ? `${Math.ceil(ms)} ms` : `${Math.ceil(ms / 1_000)} s`;
}

function exceeded(connectorId: string, why: string): SwitchyardError {
  return new SwitchyardError('QUOTA_EXCEEDED', `The quota of connector ${connectorId} is used up: ${why}.`, {
    detail: { connectorId },
  });
}
