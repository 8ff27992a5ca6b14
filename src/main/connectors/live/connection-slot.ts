import { startTimer } from '../../../shared/clock.ts';
import { SwitchyardError } from '../../../shared/errors.ts';
import type { LiveConnection } from './live-connection.ts';

/** Holds the current connection of a connector, its lifetime, and earlier connections that are still closing. */
export class ConnectionSlot {
  /**
   * Released connections that wait for their calls in flight. The key is the controller that would abort these calls.
   */
  readonly #retiring = new Map<AbortController, Promise<void>>();
  #up: LiveConnection | null = null;
  #life: AbortController | null = null;
  #closing: Promise<void> = Promise.resolve();

  /** The current connection. */
  get up(): LiveConnection | null {
    return this.#up;
  }

  /**
   * Starts a new lifetime, which covers an attempt and the connection that it opens. The returned signal aborts when
   * the lifetime has to end.
   */
  begin(): AbortSignal {
    this.#life = new AbortController();
    return this.#life.signal;
  }

  occupy(up: LiveConnection): void {
    this.#up = up;
  }

  /**
   * Releases the connection, although calls may be in flight over it. Over Streamable HTTP, these calls can finish
   * before the connection is closed. The same applies to SSE, unless `isGone` says that the event stream has ended.
   * Over other transports, the calls are lost with the connection.
   */
  release(connectorId: string, cause: Error, isGone: boolean): void {
    const [up, life] = [this.#up, this.#life];
    this.#up = null;
    this.#life = null;
    if (life === null || up === null) return;
    const { transport } = up.connection.facts;
    if (transport === 'streamable-http' || (transport === 'sse' && !isGone)) {
      void this.#retire(up, life, cause);
      return;
    }
    const why = `The connection of connector ${connectorId} was lost.`;
    life.abort(new SwitchyardError('TOOL_CALL_LOST', why, { cause, detail: { sent: 'maybe' } }));
    this.#close(up.close(cause));
  }

  /**
   * Releases the connection, and closes it once its calls have ended. Calls that still run after `ms` milliseconds are
   * aborted with `reason`. Returns false if no connection is up.
   */
  drain(reason: Error, ms: number): boolean {
    const [up, life] = [this.#up, this.#life];
    if (up === null || life === null) return false;
    this.#up = null;
    this.#life = null;
    const timer = startTimer(ms, () => life.abort(reason));
    void this.#retire(up, life, reason).finally(() => timer.cancel());
    return true;
  }

  /**
   * Ends the current connection or attempt, and the calls over released connections. After that, {@link closed} also
   * waits for `attempt`.
   */
  clear(reason: SwitchyardError, attempt: Promise<void>): void {
    this.#life?.abort(reason);
    this.#life = null;
    for (const life of this.#retiring.keys()) life.abort(reason);
    const up = this.#up;
    this.#up = null;
    this.#close(Promise.all([attempt, up?.close(null)]));
  }

  /**
   * Resolves when the connections that had to end immediately are closed. Released connections may stay open for their
   * calls in flight.
   */
  closed(): Promise<void> {
    return this.#closing;
  }

  /** Resolves when every released connection is closed. */
  async emptied(): Promise<void> {
    await Promise.all([this.#closing, ...this.#retiring.values()]);
  }

  /** Closes a connection once the calls in flight over it have ended. */
  #retire(up: LiveConnection, life: AbortController, cause: Error): Promise<void> {
    const retired = up.retire(cause).finally(() => this.#retiring.delete(life));
    this.#retiring.set(life, retired);
    return retired;
  }

  #close(work: Promise<unknown>): void {
    this.#closing = Promise.all([this.#closing, work]).then(() => {});
  }
}
