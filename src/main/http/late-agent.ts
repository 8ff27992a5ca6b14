import type { Dispatcher } from 'undici';
import { messageOf, SwitchyardError } from '../../shared/errors.ts';

/** Placeholder for undici's controller, because a request that was never sent has no controller. */
const NO_CONTROLLER = null as unknown as Dispatcher.DispatchController;

/** The part of an agent that this package uses: undici's fetch and our exchanges send requests only with `dispatch`. */
export type Dispatching = Pick<Dispatcher, 'dispatch'>;

/**
 * Casts an object that can dispatch requests to the type of undici's class. The object has only `dispatch` and the
 * methods of `T`, not the other methods of that class.
 */
export function asDispatcher<T extends Dispatching>(dispatching: T): Dispatcher & T {
  return dispatching as unknown as Dispatcher & T;
}

/**
 * Sends requests over an agent that is created with the first request, so that only processes that send requests load
 * undici. Requests that arrive while undici loads are queued and then sent in order.
 */
export class LateAgent implements Dispatching {
  readonly #make: () => Promise<Dispatcher>;
  #agent: Dispatcher | null = null;
  #making: Promise<Dispatcher> | null = null;
  #isDestroyed = false;

  /** `make` creates the agent. It is called for the first request. If it rejects, the next request calls it again. */
  constructor(make: () => Promise<Dispatcher>) {
    this.#make = make;
  }

  /**
   * Starts to create the agent, so that it is ready for the first request. If creating the agent fails, the requests
   * that wait for it fail with that error. The next request tries again.
   */
  warm(): void {
    if (this.#agent === null && !this.#isDestroyed) this.#ready().catch(() => {});
  }

  /** Returns the agent itself, with all methods of undici's class. Rejects with CLOSED after `destroy`. */
  async whole(): Promise<Dispatcher> {
    return this.#agent ?? (await this.#ready());
  }

  /**
   * Sends a request, as undici's `dispatch` does. While the agent is being created, errors go to the handler instead of
   * being thrown.
   */
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (this.#agent !== null) return this.#agent.dispatch(options, handler);
    this.#ready()
      .then((agent) => void agent.dispatch(options, handler))
      .catch((error: unknown) => handler.onResponseError?.(NO_CONTROLLER, asError(error)));
    return true;
  }

  /** Aborts all requests. Queued and later requests fail with CLOSED. Idempotent. */
  async destroy(): Promise<void> {
    this.#isDestroyed = true;
    await this.#agent?.destroy();
  }

  async #ready(): Promise<Dispatcher> {
    if (this.#isDestroyed) throw closed();
    this.#making ??= this.#makeOnce();
    return this.#making;
  }

  async #makeOnce(): Promise<Dispatcher> {
    try {
      const agent = await this.#make();
      if (this.#isDestroyed) {
        await agent.destroy();
        throw closed();
      }
      this.#agent = agent;
      return agent;
    } finally {
      this.#making = null;
    }
  }
}

function closed(): SwitchyardError {
  return new SwitchyardError('CLOSED', 'The agent was closed.');
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(messageOf(error));
}
