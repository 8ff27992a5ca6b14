import { monotonicMs } from './clock.ts';

/** Maximum time that readers may block the event loop in one turn. */
const TURN_MS = 25;

/**
 * Keeps the event loop responsive while a connector or a client floods this process with messages. After each message,
 * a reader checks whether the turn is over. If it is, the reader continues in the next turn. All readers share each
 * turn, so many senders together block the event loop no longer than a single one.
 */
class Turns {
  readonly #waiting: (() => void)[] = [];
  #startedMs = 0;
  #isOpen = false;

  /** Whether the current turn has taken so long that further work has to wait for the next turn. */
  get isOver(): boolean {
    if (this.#isOpen) return monotonicMs() - this.#startedMs > TURN_MS;
    this.#open();
    return false;
  }

  /** Calls `task` in a later turn, after the tasks that are already waiting. `task` must not throw. */
  later(task: () => void): void {
    this.#waiting.push(task);
    if (!this.#isOpen) this.#open();
  }

  /** Resolves in a later turn. */
  next(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.later(resolve);
    return promise;
  }

  #open(): void {
    this.#isOpen = true;
    this.#startedMs = monotonicMs();
    setImmediate(() => this.#next());
  }

  #next(): void {
    this.#isOpen = false;
    if (this.#waiting.length === 0) return;
    this.#open();
    for (const task of this.#waiting.splice(0)) {
      if (monotonicMs() - this.#startedMs > TURN_MS) this.#waiting.push(task);
      else task();
    }
  }
}

/** The turns of this thread's event loop. */
export const turns = new Turns();
