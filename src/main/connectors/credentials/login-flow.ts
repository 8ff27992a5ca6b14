import { raceSignal } from '../../../shared/clock.ts';

/** A login in progress that several requests wait for. It is aborted when no request waits for it any more. */
export class SharedFlow {
  readonly #life = new AbortController();
  readonly #work: Promise<void>;
  #waiting = 0;
  #isOver = false;

  /** `onOver` is called once, when no further request can join. */
  constructor(work: (signal: AbortSignal) => Promise<void>, onOver: () => void) {
    const over = (): void => {
      if (!this.#isOver) onOver();
      this.#isOver = true;
    };
    this.#life.signal.addEventListener('abort', over, { once: true });
    this.#work = work(this.#life.signal).finally(over);
    // If all waiting requests were aborted, no caller handles the rejection.
    this.#work.catch(() => {});
  }

  /** Waits for the end of the login. Rejects as the work does, or with the reason of `signal`. */
  async join(signal: AbortSignal | null): Promise<void> {
    this.#waiting += 1;
    try {
      await (signal === null ? this.#work : raceSignal(this.#work, signal));
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0 && !this.#isOver) this.#life.abort(new Error('No request waits for the login any more'));
    }
  }
}
