import type { Redis as Client } from 'ioredis';
import { messageOf } from '../../../shared/errors.ts';

type Listener = (message: string) => void;

/** The Redis channels that the fleet thread listens to. All subscriptions use one connection. */
export class Subscriptions {
  readonly #client: Client;
  readonly #onRefused: (channel: string, why: string) => void;
  readonly #listeners = new Map<string, Set<Listener>>();
  /** Channels that this connection is subscribed to, or for which the Redis server refused the subscription. */
  readonly #settled = new Set<string>();

  constructor(client: Client, onRefused: (channel: string, why: string) => void) {
    this.#client = client;
    this.#onRefused = onRefused;
    client.on('message', (channel, message) => {
      for (const listener of this.#listeners.get(channel) ?? []) listener(message);
    });
    client.on('close', () => this.#settled.clear());
  }

  /**
   * Adds a listener and returns a function that removes it. If `isUp` is true, subscribes to the channel immediately.
   * Otherwise {@link renew} does so later.
   */
  add(channel: string, listener: Listener, isUp: boolean): () => void {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners);
    listeners.add(listener);
    // If subscribing fails, the next connection check tries again.
    if (isUp) this.#subscribe(channel).catch(() => {});
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#listeners.get(channel) !== listeners) return;
      this.#listeners.delete(channel);
      if (this.#settled.delete(channel)) this.#client.unsubscribe(channel).catch(() => {});
    };
  }

  /** Subscribes to every channel that is not subscribed yet. Rejects if the connection fails. */
  async renew(): Promise<void> {
    await Promise.all([...this.#listeners.keys()].map((channel) => this.#subscribe(channel)));
  }

  async #subscribe(channel: string): Promise<void> {
    if (this.#settled.has(channel)) return;
    try {
      await this.#client.subscribe(channel);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'ReplyError') throw error;
      this.#onRefused(channel, messageOf(error));
    }
    this.#settled.add(channel);
  }
}
