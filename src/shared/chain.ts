/** A value in a {@link Chain}. */
export interface ChainEntry {
  /** Whether the value is still in its chain. */
  readonly isIn: boolean;
  /** Removes the value from its chain. Returns false if it was removed before. */
  remove(): boolean;
}

/**
 * Values in the order in which they were added, for collections that live long and change with every call. A `Set`
 * would be slower: V8 replaces its hash table again and again. Until the next full garbage collection, each replaced
 * table keeps its values in memory, with everything that they refer to.
 */
export class Chain<T> {
  #first: Entry<T> | null = null;
  #last: Entry<T> | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The value that was added first; undefined if the chain is empty. */
  get first(): T | undefined {
    return this.#first?.value;
  }

  /** Adds a value at the end, in O(1). */
  add(value: T): ChainEntry {
    const entry = new Entry(this, value);
    entry.previous = this.#last;
    if (this.#last === null) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
    this.#size += 1;
    return entry;
  }

  /**
   * Removes the last value for which `isWanted` returns true. Returns false if there is no such value. The search
   * begins at the end, because values that stay for long gather at the start.
   */
  removeLast(isWanted: (value: T) => boolean): boolean {
    for (let entry = this.#last; entry !== null; entry = entry.previous)
      if (isWanted(entry.value)) return entry.remove();
    return false;
  }

  /** Whether `holds` returns true for every value. */
  every(holds: (value: T) => boolean): boolean {
    for (let entry = this.#first; entry !== null; entry = entry.next) if (!holds(entry.value)) return false;
    return true;
  }

  /** Returns a list of the current values, in their order. */
  values(): readonly T[] {
    const values: T[] = [];
    for (let entry = this.#first; entry !== null; entry = entry.next) values.push(entry.value);
    return values;
  }

  /** Removes an entry from the chain. {@link ChainEntry.remove} calls this method. */
  unlink(entry: Entry<T>): void {
    if (entry.previous === null) this.#first = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next === null) this.#last = entry.previous;
    else entry.next.previous = entry.previous;
    this.#size -= 1;
  }
}

class Entry<T> implements ChainEntry {
  readonly value: T;
  previous: Entry<T> | null = null;
  next: Entry<T> | null = null;
  #chain: Chain<T> | null;

  constructor(chain: Chain<T>, value: T) {
    this.#chain = chain;
    this.value = value;
  }

  get isIn(): boolean {
    return this.#chain !== null;
  }

  remove(): boolean {
    const chain = this.#chain;
    if (chain === null) return false;
    this.#chain = null;
    chain.unlink(this);
    // Code may still refer to a removed entry, which must not keep its former neighbors in memory.
    this.previous = null;
    this.next = null;
    return true;
  }
}
