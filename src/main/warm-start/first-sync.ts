/** The first sync, begun by whoever needs it first. */
export class FirstSync {
  readonly #sync: () => Promise<void>;
  readonly #remembered: () => Promise<void>;
  #running: Promise<unknown> | null = null;

  /** `remembered` resolves when what an earlier run left is in force; it takes a sync to begin. */
  constructor(sync: () => Promise<void>, remembered: () => Promise<void>) {
    this.#sync = sync;
    this.#remembered = remembered;
  }

  /** Has it begin, unless it has. Resolves with what it failed with, or null; never rejects. */
  run(): Promise<unknown> {
    this.#running ??= this.#sync().then(
      () => null,
      (error: unknown) => error,
    );
    return this.#running;
  }

  /** Has it begin, unless it has. Resolves when what is remembered is in force, at the latest when it has come to its end. */
  async remembered(): Promise<void> {
    await Promise.race([this.run(), this.#remembered()]);
  }
}
