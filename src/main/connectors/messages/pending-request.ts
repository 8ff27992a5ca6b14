import type { Cancellation } from '../../../shared/cancellation.ts';
import { startCoarseTimer, type Timer } from '../../../shared/clock.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import type { RequestTraffic } from '../connection/connection.ts';

/** How long the stream of a response may stay open after the response, in milliseconds. */
const LINGER_MS = 5_000;

const answered = (): Error => new Error('The stream stayed open after the response had arrived');
const givenUp = (): Error => new Error('The request was abandoned');

/** A request that waits for its response, and the exchange over which the response arrives. */
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

  /** Whether a part of the response was already passed to the caller. The request can then not be repeated. */
  get isHandedOut(): boolean {
    return this.#isHandedOut;
  }

  handOut(): void {
    this.#isHandedOut = true;
  }

  /** Sets the function that ends what the request waits for: the exchange, or the pause before the next exchange. */
  over(abort: (reason: Error) => void): void {
    this.#abort = abort;
  }

  resolve(result: JsonObject): void {
    if (this.#isSettled) return;
    this.#settle(false);
    this.#resolve(result);
    // Aborting the stream immediately would close its connection, which the next request could use.
    if (this.#abort !== null) this.#linger = startCoarseTimer(LINGER_MS, () => this.#abort?.(answered()));
  }

  reject(error: unknown): void {
    if (this.#isSettled) return;
    this.#settle(false);
    this.#reject(error);
  }

  /** Rejects the request, and ends its exchange or the pause before the next exchange. */
  end(error: Error): void {
    this.reject(error);
    this.#abort?.(error);
  }

  /** Notes that the exchange of the request has ended. */
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
