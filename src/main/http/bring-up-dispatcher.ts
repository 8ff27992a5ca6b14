import { AsyncLocalStorage } from 'node:async_hooks';
import { Dispatcher } from 'undici';
import { nextTurn, startTimer } from '../../shared/clock.ts';
import { isWithin } from '../observability/trace.ts';

/** How long a request waits for a connection to come free before it gets one of its own: a server may keep a finished answer's stream open. */
const MAX_WAIT_MS = 100;

type Handler = Dispatcher.DispatchHandler;

const outOfTurn = new AsyncLocalStorage<true>();

/** Runs `work`, whose requests wait for no other's connection. */
export function requestOutOfTurn<T>(work: () => Promise<T>): Promise<T> {
  return outOfTurn.run(true, work);
}

/** A request that was never sent has none. */
const NO_CONTROLLER = null as unknown as Dispatcher.DispatchController;

/**
 * Sends the requests that bring connectors up over at most `maxPerOrigin` connections of an origin, so that ten connectors behind one
 * gateway cost four TLS handshakes and not thirteen: without it each request that starts while an answer's last byte is still under way
 * gets a connection of its own. Calls pass as they are, and a stream that stays open (a GET that is answered) counts no longer.
 */
export class BringUpDispatcher extends Dispatcher {
  readonly #dispatcher: Dispatcher;
  readonly #maxPerOrigin: number;
  readonly #active = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();

  constructor(dispatcher: Dispatcher, maxPerOrigin: number) {
    super();
    this.#dispatcher = dispatcher;
    this.#maxPerOrigin = maxPerOrigin;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Handler): boolean {
    if (!isWithin('connect') || outOfTurn.getStore() === true) return this.#dispatcher.dispatch(options, handler);
    const origin = String(options.origin);
    const isStream = options.method === 'GET';
    const send = (): void => {
      this.#active.set(origin, this.#count(origin) + 1);
      const releasingHandler = releasing(handler, isStream, () => void this.#release(origin));
      try {
        this.#dispatcher.dispatch(options, releasingHandler);
      } catch (error) {
        // Nobody is there any more to catch it once the request has waited.
        releasingHandler.onResponseError?.(NO_CONTROLLER, error instanceof Error ? error : new Error(String(error)));
      }
    };
    if (this.#count(origin) < this.#maxPerOrigin) send();
    else this.#enqueue(origin, send);
    return true;
  }

  #count(origin: string): number {
    return this.#active.get(origin) ?? 0;
  }

  #enqueue(origin: string, send: () => void): void {
    const queue = this.#waiting.get(origin) ?? [];
    this.#waiting.set(origin, queue);
    const start = (): void => {
      timer.cancel();
      const place = queue.indexOf(start);
      if (place >= 0) queue.splice(place, 1);
      send();
    };
    const timer = startTimer(MAX_WAIT_MS, start);
    queue.push(start);
  }

  async #release(origin: string): Promise<void> {
    // undici takes a connection up again a turn after the end that it is just telling (client-h1.js).
    await nextTurn();
    await nextTurn();
    const count = this.#count(origin) - 1;
    if (count > 0) this.#active.set(origin, count);
    else this.#active.delete(origin);
    const queue = this.#waiting.get(origin) ?? [];
    if (queue.length === 0) this.#waiting.delete(origin);
    else if (count < this.#maxPerOrigin) queue[0]?.();
  }
}

/** The handler as it is, telling once when its request no longer holds a connection that others could use, or will hold it for good. */
function releasing(handler: Handler, isStream: boolean, release: () => void): Handler {
  let isHeld = true;
  const done = (): void => {
    if (isHeld) release();
    isHeld = false;
  };
  return {
    onRequestStart: (...args) => handler.onRequestStart?.(...args),
    onRequestUpgrade(...args) {
      done();
      handler.onRequestUpgrade?.(...args);
    },
    onResponseStart(...args) {
      const [, statusCode] = args;
      if (isStream && statusCode >= 200 && statusCode < 300) done();
      handler.onResponseStart?.(...args);
    },
    onResponseData: (...args) => handler.onResponseData?.(...args),
    onResponseEnd(...args) {
      done();
      handler.onResponseEnd?.(...args);
    },
    onResponseError(...args) {
      done();
      handler.onResponseError?.(...args);
    },
  };
}
