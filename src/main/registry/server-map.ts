import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../../shared/errors.ts';
import type { ServerInfo } from '../../shared/servers/server-info.ts';
import type { ServerChange } from '../../shared/servers/server-records.ts';
import type { Logger } from '../observability/logger.ts';

/**
 * The servers of a registry by name, in the order in which they were added. Listeners are called after changes. A
 * server that did not change stays the same object.
 */
export class ServerMap {
  readonly #logger: Logger;
  readonly #servers = new Map<string, ServerInfo>();
  readonly #listeners = new Set<() => void>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get servers(): ReadonlyMap<string, ServerInfo> {
    return this.#servers;
  }

  /** Calls `listener` after each change, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Applies changes in their order, and ignores changes that have no effect. */
  apply(changes: readonly ServerChange[]): void {
    let isOther = false;
    for (const { name, info } of changes) {
      if (isDeepStrictEqual(this.#servers.get(name) ?? null, info)) continue;
      isOther = true;
      if (info === null) this.#servers.delete(name);
      else this.#servers.set(name, info);
    }
    if (isOther) this.#notify();
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        const fields = { event: 'listener-threw', name: 'registry', err: error };
        this.#logger.error(fields, `A listener of the registry threw an error: ${messageOf(error)}`);
      }
    }
  }
}
