import { SwitchyardError } from '../../../shared/errors.ts';
import type { LiveConnection } from './live-connection.ts';
import { Retirements } from './retirements.ts';

/** Where a connector's one connection is: who is in it, what its life hangs on, and those that are still leaving. */
export class ConnectionSlot {
  readonly #retirements = new Retirements();
  #up: LiveConnection | null = null;
  #life: AbortController | null = null;
  #closing: Promise<void> = Promise.resolve();

  /** The connection that is up. */
  get up(): LiveConnection | null {
    return this.#up;
  }

  /** Aborts when what runs has to end: at a change, a removal, the end of the manager. Null while nothing runs. */
  get life(): AbortSignal | null {
    return this.#life?.signal ?? null;
  }

  /** A new life, for an attempt and for what it brings. */
  begin(): AbortSignal {
    this.#life = new AbortController();
    return this.#life.signal;
  }

  occupy(up: LiveConnection): void {
    this.#up = up;
  }

  /** Gives the connection up, though calls may be under way over it: over Streamable HTTP they end by themselves, else they are lost too. */
  release(connectorId: string, cause: Error): void {
    const [up, life] = [this.#up, this.#life];
    this.#up = null;
    this.#life = null;
    if (life === null || up === null) return;
    if (up.connection.facts.transport === 'streamable-http') {
      this.#retirements.add(up, life);
      return;
    }
    const why = `The connection of connector ${connectorId} was lost.`;
    life.abort(new SwitchyardError('TOOL_CALL_LOST', why, { cause, detail: { sent: 'maybe' } }));
    this.#close(up.close());
  }

  /** Ends what runs in it, and the calls of those that are leaving; `attempt` is waited for by {@link closed}. */
  clear(reason: SwitchyardError, attempt: Promise<void>): void {
    this.#life?.abort(reason);
    this.#life = null;
    this.#retirements.abort(reason);
    const up = this.#up;
    this.#up = null;
    this.#close(Promise.all([attempt, up?.close()]));
  }

  /** Resolves when those that had to go at once have gone; calls under way may keep others. */
  closed(): Promise<void> {
    return this.#closing;
  }

  /** Resolves when nothing is left of any that went. */
  async emptied(): Promise<void> {
    await Promise.all([this.#closing, this.#retirements.settled()]);
  }

  #close(work: Promise<unknown>): void {
    this.#closing = Promise.all([this.#closing, work]).then(() => {});
  }
}
