import type { Cancellation } from '../../../shared/cancellation.ts';
import { monotonicMs, raceSignal, startTimer } from '../../../shared/clock.ts';
import { SwitchyardError } from '../../../shared/errors.ts';
import type { ConnectorEntry } from '../../../shared/map/service-map.ts';
import type { CallLine, CallPermits, Quotas } from '../../fleet/permits/call-permits.ts';
import { CallWindows } from './call-windows.ts';

/** Maximum number of calls that may wait for a connector's quota; further calls fail immediately. */
const MAX_WAITING = 128;

/**
 * A waiting call. It keeps its place in the queue until it begins or is abandoned, regardless of how often it is woken.
 */
interface Waiter {
  wake: () => void;
}

/**
 * Enforces the quotas that the map sets for a connector: `concurrent` calls at a time, and `perMinute`, `perHour`,
 * `perDay` over sliding windows. Calls beyond a quota wait in order, as long as their own deadline allows. With permits
 * from a fleet, the quotas apply to the whole fleet, and this host also enforces them on its own calls.
 */
export class CallQuota implements CallLine {
  #concurrent = Number.POSITIVE_INFINITY;
  readonly #windows = new CallWindows();
  #active = 0;
  readonly #waiting: Waiter[] = [];
  readonly #permits: CallPermits | null;
  #quotas: ConnectorEntry['quotas'];

  constructor(quotas: ConnectorEntry['quotas'], createPermits?: ((line: CallLine) => CallPermits) | undefined) {
    this.#permits = createPermits?.(this) ?? null;
    this.update(quotas);
  }

  get active(): number {
    return this.#active;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Replaces the quotas. Calls that began under the old quotas still count. */
  update(quotas: ConnectorEntry['quotas']): void {
    this.#quotas = quotas;
    this.relimit();
    this.#wake();
  }

  relimit(): void {
    const quotas = this.#permits === null ? this.#quotas : this.#permits.update(this.#quotas);
    this.#concurrent = quotas?.concurrent ?? Number.POSITIVE_INFINITY;
    this.#windows.update(quotas);
  }

  recheck(): void {
    for (const waiter of this.#waiting) waiter.wake();
  }

  beganWithin(fromMs: number, toMs: number): Quotas {
    return this.#windows.beganWithin(fromMs, toMs);
  }

  /** Returns unused permits to the fleet. */
  close(): void {
    this.#permits?.close();
  }

  /**
   * Begins a call immediately, if it need not wait. Returns a function that frees the call's slot, or null if the call
   * has to wait or may not begin.
   */
  begin(signal: Cancellation): (() => void) | null {
    const mayBegin = !signal.aborted && this.#concurrent >= 1 && !this.#windows.allowsNone;
    if (!mayBegin || (this.#permits?.refusal() ?? null) !== null) return null;
    return this.#waitMs() === 0 ? this.#enter() : null;
  }

  /**
   * Waits until the call may begin. Resolves with a function that frees the call's slot. Rejects with QUOTA_EXCEEDED if
   * too many calls are waiting, if the quota allows no calls, or if the next slot becomes free only after `withinMs`.
   * Rejects with the reason of `signal` if the signal aborts first.
   */
  async acquire(signal: Cancellation, connectorId: string, withinMs: number): Promise<() => void> {
    if (this.#concurrent < 1 || this.#windows.allowsNone) throw exceeded(connectorId, 'it allows no calls');
    const endsMs = monotonicMs() + withinMs;
    let waiter: Waiter | null = null;
    try {
      while (true) {
        signal.throwIfAborted();
        const refusal = this.#permits?.refusal() ?? null;
        if (refusal !== null) throw exceeded(connectorId, refusal);
        const waitMs = this.#waitMs();
        if (waitMs === 0) break;
        const ahead = waiter === null ? this.#waiting.length : this.#waiting.indexOf(waiter);
        if (ahead >= MAX_WAITING) throw exceeded(connectorId, `${MAX_WAITING} calls are already waiting`);
        const aheadMs = Math.max(this.#windows.waitMs(ahead), this.#permits?.aheadMs() ?? 0);
        if (monotonicMs() + aheadMs > endsMs)
          throw exceeded(connectorId, `the next call can start in ${inWords(aheadMs)}`);
        waiter ??= this.#join();
        await wait(waiter, waitMs, signal);
      }
    } finally {
      if (waiter !== null) {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        // If this call was woken and then abandoned, the next waiting call can use its slot.
        this.#wake();
      }
    }
    return this.#enter();
  }

  #enter(): () => void {
    this.#permits?.begin();
    this.#active += 1;
    this.#windows.note();
    // There may be slots for further waiting calls.
    this.#wake();
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#active -= 1;
      this.#permits?.end();
      this.#wake();
    };
  }

  /**
   * Returns 0 if a call may begin. Otherwise returns the time until every window has a free slot, or infinity if a call
   * has to end first.
   */
  #waitMs(): number {
    if (this.#active >= this.#concurrent) return Number.POSITIVE_INFINITY;
    return this.#windows.waitMs(0) || (this.#permits?.waitMs() ?? 0);
  }

  #join(): Waiter {
    const waiter: Waiter = { wake: () => {} };
    this.#waiting.push(waiter);
    return waiter;
  }

  #wake(): void {
    this.#waiting[0]?.wake();
  }
}

/** Resolves when the waiter is woken, or after `waitMs`. */
async function wait(waiter: Waiter, waitMs: number, signal: Cancellation): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  waiter.wake = resolve;
  const timer = Number.isFinite(waitMs) ? startTimer(Math.ceil(waitMs), resolve) : null;
  try {
    await raceSignal(promise, signal);
  } finally {
    timer?.cancel();
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
