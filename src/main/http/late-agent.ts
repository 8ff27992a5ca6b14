import type { Dispatcher } from 'undici';
import { messageOf, SwitchyardError } from '../../shared/errors.ts';

/** A request that was never sent has none. */
const NO_CONTROLLER = null as unknown as Dispatcher.DispatchController;

/** What this package uses of an agent: undici's fetch and our exchanges send requests with `dispatch` alone. */
export type Dispatching = Pick<Dispatcher, 'dispatch'>;

/** What sends requests, as undici's types want it. It has no other method of undici's class than those of `T`. */
export function asDispatcher<T extends Dispatching>(dispatching: T): Dispatcher & T {
  return dispatching as unknown as Dispatcher & T;
}

/**
 * Sends requests over an agent that is made with the first of them, so that only processes that send requests load
 * undici. Requests that come while it loads wait, and are then sent in their order.
 */
export class LateAgent implements Dispatching {
  readonly #make: () => Promise<Dispatcher>;
  #agent: Dispatcher | null = null;
  #making: Promise<Dispatcher> | null = null;
  #isDestroyed = false;

  /** `make` is called again with the next request if it rejected. */
  constructor(make: () => Promise<Dispatcher>) {
    this.#make = make;
  }

  /** Starts to make the agent, so that the first request finds it. A failure is told to that request. */
  warm(): void {
    if (this.#agent === null && !this.#isDestroyed) this.#ready().catch(() => {});
  }

  /** The agent itself, with all methods of undici's class. Rejects with CLOSED after `destroy`. */
  async whole(): Promise<Dispatcher> {
    return this.#agent ?? (await this.#ready());
  }

  /** As undici's. While the agent is made, what it would throw is told to the handler. */
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (this.#agent !== null) return this.#agent.dispatch(options, handler);
    this.#ready()
      .then((agent) => void agent.dispatch(options, handler))
      .catch((error: unknown) => handler.onResponseError?.(NO_CONTROLLER, asError(error)));
    return true;
  }

  /** Ends all requests. Those that wait for the agent, and later ones, fail with CLOSED. Idempotent. */
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
