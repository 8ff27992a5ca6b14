/** Counts the streams of notices that are open, of both eras. */
export class StreamLimit {
  readonly #max: number;
  #open = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** A place, until it is disposed of; null where there is none. */
  take(): Disposable | null {
    if (this.#open >= this.#max) return null;
    this.#open += 1;
    return {
      [Symbol.dispose]: () => {
        this.#open -= 1;
      },
    };
  }
}
