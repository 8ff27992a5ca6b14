import { settledWithin } from '../../shared/clock.ts';

/** How long the first call of a start has the machine for itself. */
const REST_MS = 100;

/** The first sync, begun by whoever needs it first. */
export class FirstSync {
  readonly #sync: () => Promise<void>;
  readonly #remembered: () => Promise<void>;
  readonly #hurry: PromiseWithResolvers<void> = Promise.withResolvers();
  #running: Promise<unknown> | null = null;
  #rested: Promise<void> | null = null;

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

  /** Somebody waits for the map itself. */
  hurry(): void {
    this.#hurry.resolve();
  }

  /** Resolves at once where somebody waits for the map; else a moment later, so that the call which had it begin is served first. */
  async rest(): Promise<void> {
    if (this.#running === null) return;
    this.#rested ??= settledWithin(this.#hurry.promise, REST_MS);
    await this.#rested;
  }

  /** Has it begin, unless it has. Resolves when what is remembered is in force, at the latest when it has come to its end. */
  async remembered(): Promise<void> {
    await Promise.race([this.run(), this.#remembered()]);
  }
}
