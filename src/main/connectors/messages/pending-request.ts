import type { Cancellation } from '../../../shared/cancellation.ts';
import { startCoarseTimer, type Timer } from '../../../shared/clock.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import type { RequestTraffic } from '../connection/connection.ts';

/** How long the stream of an answer may stay open once the answer is there. */
const LINGER_MS = 5_000;

const answered = (): Error => new Error('The stream stayed open after its answer');
const givenUp = (): Error => new Error('The request was given up');

/** A request that waits for its answer, and the exchange that it waits on. */
export class PendingRequest {
  readonly id: number;
  readonly answer: Promise<JsonObject>;
  readonly traffic: RequestTraffic;
  readonly #signal: Cancellation | null;
  readonly #onSettled: (isGivenUp: boolean) => void;
  readonly #resolve: (result: JsonObject) => void;
  readonly #reject: (error: unknown) => void;
  #abort: ((reason: Error) => void) | null = null;
  #linger: Timer | null = null;
  #isSettled = false;
  #isHandedOut = false;

  constructor(
    id: number,
    signal: Cancellation | null,
    traffic: RequestTraffic,
    onSettled: (isGivenUp: boolean) => void,
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<JsonObject>();
    this.id = id;
    this.answer = promise;
    this.traffic = traffic;
    this.#signal = signal;
    this.#onSettled = onSettled;
    this.#resolve = resolve;
    this.#reject = reject;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Whether part of the answer has gone to its caller, so that it cannot be asked for again. */
  get isHandedOut(): boolean {
    return this.#isHandedOut;
  }

  handOut(): void {
    this.#isHandedOut = true;
  }

  /** Notes how to end the exchange that brings the answer from now on, or the wait for the next one. */
  over(abort: (reason: Error) => void): void {
    this.#abort = abort;
  }

  resolve(result: JsonObject): void {
    if (this.#isSettled) return;
    this.#settle(false);
    this.#resolve(result);
    // Cut off at once it would take its connection with it, which the next request could use.
    if (this.#abort !== null) this.#linger = startCoarseTimer(LINGER_MS, () => this.#abort?.(answered()));
  }

  reject(error: unknown): void {
    if (this.#isSettled) return;
    this.#settle(false);
    this.#reject(error);
  }

  /** Rejects, and ends the exchange or the wait for the next. */
  end(error: Error): void {
    this.reject(error);
    this.#abort?.(error);
  }

  /** The exchange is over. */
  ended(): void {
    this.#linger?.cancel();
    this.#abort = null;
  }

  readonly #onAbort = (): void => {
    this.#settle(true);
    this.#reject(this.#signal?.reason);
    this.#abort?.(givenUp());
  };

  #settle(isGivenUp: boolean): void {
    this.#isSettled = true;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#onSettled(isGivenUp);
  }
}
