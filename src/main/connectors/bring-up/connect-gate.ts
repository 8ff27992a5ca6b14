import pLimit, { type LimitFunction } from 'p-limit';
import { nextTurn, settledWithin } from '../../../shared/clock.ts';
import { requestOutOfTurn } from '../../http/bring-up-dispatcher.ts';
import type { OriginLoads } from '../../http/origin-loads.ts';

/**
 * Maximum time for which other connectors wait while urgent connectors come up. Most urgent connectors are up by then,
 * and an urgent connector that hangs must not block the others.
 */
const MAX_HOLD_MS = 50;

/**
 * Lets connectors come up in parallel, with an overall limit and a limit per origin that adapts to the capacity of the
 * origin.
 */
export class ConnectGate {
  readonly #loads: OriginLoads;
  readonly #overall: LimitFunction;
  readonly #byOrigin = new Map<string, LimitFunction>();
  #lastStart: Promise<void> = Promise.resolve();
  #calm: Promise<void> = Promise.resolve();

  /** `maxConnects` is the limit for all origins together. */
  constructor(maxConnects: number, loads: OriginLoads) {
    this.#loads = loads;
    this.#overall = pLimit(maxConnects);
    loads.onChange((origin, limit) => {
      const known = this.#byOrigin.get(origin);
      if (known !== undefined) known.concurrency = limit;
    });
  }

  /**
   * Runs `work` when the limits allow it, or as soon as `urgent` resolves. `urgent` resolves when a caller waits for
   * the connector. The limit of the origin is applied before the overall limit. A connector that waits because of its
   * origin therefore takes no slot of the overall limit.
   */
  run<T>(origin: string, work: () => Promise<T>, urgent: Promise<void> | null = null): Promise<T> {
    const limit = this.#limitOf(origin);
    let running: Promise<T> | null = null;
    const inTurn = limit(() =>
      this.#overall(async () => {
        if (running === null) await this.#turn();
        running ??= work();
        return running;
      }),
    ).finally(() => {
      if (limit.activeCount > 0 || limit.pendingCount > 0) return;
      this.#byOrigin.delete(origin);
      this.#loads.forget(origin);
    });
    if (urgent === null) return inTurn;
    const outOfTurn = urgent.then(() => {
      if (running === null) {
        running = requestOutOfTurn(work);
        this.#calm = settledWithin(Promise.all([this.#calm, running]), MAX_HOLD_MS);
      }
      return running;
    });
    return Promise.race([inTurn, outOfTurn]);
  }

  /**
   * Resolves when the next connector may start. One connector starts in each turn of the event loop, because 64
   * handshakes may be due at the same time and starting each takes time on the main thread. While an urgent connector
   * comes up, no other connector starts, for at most MAX_HOLD_MS.
   */
  #turn(): Promise<void> {
    this.#lastStart = this.#lastStart.then(nextTurn).then(() => this.#calm);
    return this.#lastStart;
  }

  #limitOf(origin: string): LimitFunction {
    const known = this.#byOrigin.get(origin);
    if (known !== undefined) return known;
    const limit = pLimit(this.#loads.limitOf(origin));
    this.#byOrigin.set(origin, limit);
    return limit;
  }
}
