import { AsyncLocalStorage } from 'node:async_hooks';
import type { Dispatcher } from 'undici';
import { hasCodeAmongCauses } from '../../shared/errors.ts';
import { isWithin } from '../observability/trace.ts';
import type { Dispatching } from './late-agent.ts';
import type { OriginLoads } from './origin-loads.ts';
import { OriginQueue, type Progress, type SideRequest } from './origin-queue.ts';

type Handler = Dispatcher.DispatchHandler;
type Queues = Map<string, OriginQueue>;

/**
 * Separate queues for a connector that a caller waits for, so that the requests of this connector do not wait for other
 * connectors.
 */
const outOfTurn = new AsyncLocalStorage<Queues>();

/**
 * Runs `work`. Its requests do not wait for connections of other connectors; they wait for at most one connection of
 * their own.
 */
export function requestOutOfTurn<T>(work: () => Promise<T>): Promise<T> {
  return outOfTurn.run(new Map(), work);
}

/** Property of a request's options that marks the request as a side request. */
const SIDE = Symbol('side');

/**
 * Sends a side request, in parallel with the main request. The side request gets no connection that the main request
 * could use. If `side.isGivenUp` is set before the side request is sent, it fails with a {@link GivenUp}. `dispatcher`
 * must be a {@link BringUpDispatcher}. Any other dispatcher sends the request without setting `side.isSent`. `side` is
 * not kept in an async context, because a socket would retain that context for all its later requests.
 */
export class SideDispatcher implements Dispatching {
  readonly #dispatcher: Dispatcher;
  readonly #side: SideRequest;

  constructor(dispatcher: Dispatcher, side: SideRequest) {
    this.#dispatcher = dispatcher;
    this.#side = side;
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Handler): boolean {
    return this.#dispatcher.dispatch(Object.assign(options, { [SIDE]: this.#side }), handler);
  }
}

/** Error of a request that was abandoned before it was sent. */
class GivenUp extends Error {
  constructor() {
    super('The request was abandoned before it was sent');
  }
}

/** Placeholder for undici's controller, because a request that was never sent has no controller. */
const NO_CONTROLLER = null as unknown as Dispatcher.DispatchController;

/** Error codes of a connection that the other side closed or reset. */
const RESET: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** Maximum number of origins whose connections are remembered. Beyond that number, idle origins are forgotten. */
const MAX_ORIGINS = 1_000;

/**
 * Sends the requests that connect connectors, and lets them share connections. A new request usually waits until an
 * earlier request has released its connection. Without this class, the request would open a new connection, even if a
 * response is about to end. `loads` limits the number of connections to each origin, and gets reports on how the origin
 * responds. Other requests, such as tool calls, are passed on unchanged. A stream that stays open (an answered GET)
 * does not count towards the limit.
 */
export class BringUpDispatcher implements Dispatching {
  readonly #dispatcher: Dispatcher;
  readonly #loads: OriginLoads;
  readonly #queues: Queues = new Map();

  constructor(dispatcher: Dispatcher, loads: OriginLoads) {
    this.#dispatcher = dispatcher;
    this.#loads = loads;
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Handler): boolean {
    if (!isWithin('connect')) return this.#dispatcher.dispatch(options, handler);
    const origin = String(options.origin);
    const side = (options as { readonly [SIDE]?: SideRequest })[SIDE] ?? null;
    const fail = (error: unknown): void =>
      handler.onResponseError?.(NO_CONTROLLER, error instanceof Error ? error : new Error(String(error)));
    const send = AsyncLocalStorage.bind((progress: Progress): void => {
      const told = telling(handler, options.method === 'GET', side, progress, {
        onStatus: (status) => this.#judge(origin, status),
        onError: (error) => {
          if (hasCodeAmongCauses(error, RESET)) this.#loads.strained(origin);
        },
      });
      try {
        this.#dispatcher.dispatch(options, told);
      } catch (error) {
        // The request was queued, so `dispatch` has already returned and its caller cannot catch the error.
        progress.left();
        fail(error);
      }
    });
    this.#queueOf(origin).add({ side, send, drop: () => fail(new GivenUp()) });
    return true;
  }

  #queueOf(origin: string): OriginQueue {
    const own = outOfTurn.getStore();
    const queues = own ?? this.#queues;
    const known = queues.get(origin);
    if (known !== undefined) return known;
    if (queues.size >= MAX_ORIGINS) for (const [name, { isIdle }] of queues) if (isIdle) queues.delete(name);
    const mostAtOnce = own === undefined ? () => this.#mostAtOnce(origin) : () => Number.POSITIVE_INFINITY;
    const queue = new OriginQueue(origin.startsWith('https:'), mostAtOnce);
    queues.set(origin, queue);
    return queue;
  }

  /**
   * Returns the maximum number of requests in flight: one for each connector that may come up at the same time, or two
   * once the origin has shown that it can handle more load.
   */
  #mostAtOnce(origin: string): number {
    return this.#loads.hasGrown(origin) ? 2 * this.#loads.limitOf(origin) : this.#loads.limitOf(origin);
  }

  #judge(origin: string, status: number): void {
    if (status === 429 || status === 503) this.#loads.strained(origin);
    else if (status < 500) this.#loads.answered(origin);
  }
}

/** Receives reports on how an origin responds to requests. */
interface Judge {
  readonly onStatus: (status: number) => void;
  readonly onError: (error: Error) => void;
}

/** Wraps the handler so that it also reports its request to `progress` and `judge`. */
function telling(
  handler: Handler,
  isStream: boolean,
  side: SideRequest | null,
  progress: Progress,
  judge: Judge,
): Handler {
  return {
    onRequestStart(...args) {
      // Throwing before the first byte is written keeps the connection usable for other requests.
      if (side?.isGivenUp === true) throw new GivenUp();
      progress.started();
      handler.onRequestStart?.(...args);
    },
    onRequestUpgrade(...args) {
      progress.left();
      handler.onRequestUpgrade?.(...args);
    },
    onResponseStart(...args) {
      const [, status, headers] = args;
      if (status >= 200) {
        judge.onStatus(status);
        progress.answered(String(headers.connection).toLowerCase() === 'close');
      }
      if (isStream && status >= 200 && status < 300) progress.left();
      handler.onResponseStart?.(...args);
    },
    onResponseData(...args) {
      progress.arriving();
      handler.onResponseData?.(...args);
    },
    onResponseEnd(...args) {
      progress.ended();
      handler.onResponseEnd?.(...args);
    },
    onResponseError(...args) {
      const [, error] = args;
      if (error instanceof GivenUp) progress.ended();
      else progress.left();
      judge.onError(error);
      handler.onResponseError?.(...args);
    },
  };
}
