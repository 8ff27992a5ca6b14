import type { SwitchyardError } from '../../../shared/errors.ts';
import type { LiveConnection } from './live-connection.ts';

/** Connections that were given up and wait for the calls under way over them. */
export class Retirements {
  /** By what would abort those calls. */
  readonly #waiting = new Map<AbortController, Promise<void>>();

  /** Closes `connection` once its calls have ended; `life` aborts them. */
  add(connection: LiveConnection, life: AbortController): void {
    const retired = connection.retire().finally(() => this.#waiting.delete(life));
    this.#waiting.set(life, retired);
  }

  /** Ends the calls, and so the connections. */
  abort(reason: SwitchyardError): void {
    for (const life of this.#waiting.keys()) life.abort(reason);
  }

  /** Resolves when all of them are closed. */
  async settled(): Promise<void> {
    await Promise.all(this.#waiting.values());
  }
}
