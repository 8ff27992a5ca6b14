import pLimit, { type LimitFunction } from 'p-limit';
import { nextTurn, settledWithin } from '../../../shared/clock.ts';
import { requestOutOfTurn } from '../../http/bring-up-dispatcher.ts';

/** How many connectors may come up at once. */
export interface GateLimits {
  readonly maxConnects: number;
  readonly maxConnectsPerOrigin: number;
}

/** For how long others wait for one that is urgent: most are up by then, and one that hangs must not hold them. */
const MAX_HOLD_MS = 50;

/** Lets connectors come up side by side, so many of one origin and so many in all. */
export class ConnectGate {
  readonly #limits: GateLimits;
  readonly #overall: LimitFunction;
  readonly #byOrigin = new Map<string, LimitFunction>();
  #lastStart: Promise<void> = Promise.resolve();
  #calm: Promise<void> = Promise.resolve();

  constructor(limits: GateLimits) {
    this.#limits = limits;
    this.#overall = pLimit(limits.maxConnects);
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
      if (limit.activeCount === 0 && limit.pendingCount === 0) this.#byOrigin.delete(origin);
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
    const limit = pLimit(this.#limits.maxConnectsPerOrigin);
    this.#byOrigin.set(origin, limit);
    return limit;
  }
}
