/**
 * Counts a bounded resource per caller. A caller is a token, or an address if there are no tokens. If there are several
 * callers, none may hold more than its share, so that one caller cannot starve the others.
 */
export class Shares {
  readonly #max: number;
  readonly #maxOfOne: number;
  readonly #held = new Map<string, number>();
  #total = 0;

  /** `share` is the fraction of `max` that one caller may hold: 1 for all of it. */
  constructor(max: number, share: number) {
    this.#max = max;
    this.#maxOfOne = Math.max(1, Math.floor(max * share));
  }

  get total(): number {
    return this.#total;
  }

  of(caller: string): number {
    return this.#held.get(caller) ?? 0;
  }

  /** True if this amount is available to the caller. */
  has(caller: string, amount = 1): boolean {
    return this.#total + amount <= this.#max && this.hasShare(caller, amount);
  }

  /** True if this amount is within the share of the caller, whatever other callers hold. */
  hasShare(caller: string, amount = 1): boolean {
    return this.of(caller) + amount <= this.#maxOfOne;
  }

  /** Adds this amount to what the caller holds, even beyond the caller's limit. */
  take(caller: string, amount = 1): void {
    this.#total += amount;
    this.#held.set(caller, this.of(caller) + amount);
  }

  /** Subtracts this amount from what the caller holds. */
  give(caller: string, amount = 1): void {
    this.#total -= amount;
    const rest = this.of(caller) - amount;
    if (rest > 0) this.#held.set(caller, rest);
    else this.#held.delete(caller);
  }

  /**
   * Reserves one slot, which becomes free again when the result is disposed of. Null if no slot is available to the
   * caller.
   */
  place(caller: string): Disposable | null {
    if (!this.has(caller)) return null;
    this.take(caller);
    return { [Symbol.dispose]: () => this.give(caller) };
  }

  /** Returns the callers, sorted by amount, largest first. */
  byAmount(): readonly string[] {
    return [...this.#held].sort(([, one], [, other]) => other - one).map(([caller]) => caller);
  }
}
