import { AsyncLocalStorage } from 'node:async_hooks';
import type { Dispatcher } from 'undici';
import { hasCodeAmongCauses } from '../../shared/errors.ts';
import { isWithin } from '../observability/trace.ts';
import type { Dispatching } from './late-agent.ts';
import type { OriginLoads } from './origin-loads.ts';
import { OriginQueue, type Progress, type SideRequest } from './origin-queue.ts';

type Handler = Dispatcher.DispatchHandler;
type Queues = Map<string, OriginQueue>;

/** Queues of one connector that somebody waits for: its requests wait for no other connector's. */
const outOfTurn = new AsyncLocalStorage<Queues>();

/** Runs `work`, whose requests wait for no other's connection, and for no more than one of its own. */
export function requestOutOfTurn<T>(work: () => Promise<T>): Promise<T> {
  return outOfTurn.run(new Map(), work);
}

/** The member of a request's options that says that it goes beside another one. */
const SIDE = Symbol('side');

/**
 * Sends a request beside the one that matters: it gets no connection that this one could use, and is not sent once
 * `side.isGivenUp`. It fails with a {@link GivenUp} then. `dispatcher` is a {@link BringUpDispatcher}; any other sends
 * the request, and never says that it did. No async context carries `side`: a socket would keep that for all that comes
 * over it later.
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

/** A request was given up before it was sent. */
class GivenUp extends Error {
  constructor() {
    super('The request is no longer wanted');
  }
}

/** A request that was never sent has none. */
const NO_CONTROLLER = null as unknown as Dispatcher.DispatchController;

/** What the network says of a connection that the other side broke. */
const RESET: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** Origins whose connections are remembered. Beyond it those that are idle are forgotten. */
const MAX_ORIGINS = 1_000;

/**
 * Sends the requests that bring connectors up so that one that follows another uses its connection, and with no more
 * connections of an origin than its load allows (`loads`): without that each request that starts while an answer's
 * last byte is still under way would get a connection of its own. It tells `loads` how the origin answers. Calls pass
 * as they are, and a stream that stays open (a GET that is answered) counts no longer.
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
        // Nobody is there any more to catch it once the request has waited.
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

  /** A connector may have two requests under way, which its origin has to have earned. */
  #mostAtOnce(origin: string): number {
    return this.#loads.hasGrown(origin) ? 2 * this.#loads.limitOf(origin) : this.#loads.limitOf(origin);
  }

  #judge(origin: string, status: number): void {
    if (status === 429 || status === 503) this.#loads.strained(origin);
    else if (status < 500) this.#loads.answered(origin);
  }
}

/** Who hears how an origin answers. */
interface Judge {
  readonly onStatus: (status: number) => void;
  readonly onError: (error: Error) => void;
}

/** The handler as it is, telling `progress` and `judge` of its request too. */
function telling(
  handler: Handler,
  isStream: boolean,
  side: SideRequest | null,
  progress: Progress,
  judge: Judge,
): Handler {
  return {
    onRequestStart(...args) {
      // Thrown before the first byte is written, which leaves the connection as it is, for others to use.
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
