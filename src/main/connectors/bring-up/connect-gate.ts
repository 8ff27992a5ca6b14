import pLimit, { type LimitFunction } from 'p-limit';
import { nextTurn, settledWithin } from '../../../shared/clock.ts';
import { requestOutOfTurn } from '../../http/bring-up-dispatcher.ts';
import type { OriginLoads } from '../../http/origin-loads.ts';

/** For how long others wait for one that is urgent: most are up by then, and one that hangs must not hold them. */
const MAX_HOLD_MS = 50;

/** Lets connectors come up side by side: so many in all, and of each origin as many as it has shown that it takes. */
export class ConnectGate {
  readonly #loads: OriginLoads;
  readonly #overall: LimitFunction;
  readonly #byOrigin = new Map<string, LimitFunction>();
  #lastStart: Promise<void> = Promise.resolve();
  #calm: Promise<void> = Promise.resolve();

  /** `maxConnects` is how many come up at once, of all origins together. */
  constructor(maxConnects: number, loads: OriginLoads) {
    this.#loads = loads;
    this.#overall = pLimit(maxConnects);
    loads.onChange((origin, limit) => {
      const known = this.#byOrigin.get(origin);
      if (known !== undefined) known.concurrency = limit;
    });
  }

  /**
   * Runs `work` when there is room for it, or out of turn once `urgent` resolves: somebody waits for it. The origin's limit comes first: waiting for it
   * takes no place of the others.
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

  /** One start in each turn of the event loop: beginning a handshake costs main too, and 64 may be due at once. None while one that is urgent comes up. */
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
