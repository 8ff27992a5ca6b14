const FIRST_SLOTS = 64;

/**
 * Values by the id of a request. Ids are whole numbers that grow from request to request. The slot of a value is its id
 * modulo the number of slots, so no hash table is needed. {@link Chain} says why hash tables are slow for values that
 * change with every call.
 */
export class RequestTable<T> {
  #ids: (number | null)[] = new Array(FIRST_SLOTS).fill(null);
  #values: (T | null)[] = new Array(FIRST_SLOTS).fill(null);
  #size = 0;
  #nextId = 1;

  get size(): number {
    return this.#size;
  }

  /** Returns an id that no earlier call returned and whose slot is free. */
  nextId(): number {
    if (this.#size * 2 > this.#ids.length) this.#grow();
    while (this.#ids[this.#slot(this.#nextId)] !== null) this.#nextId += 1;
    return this.#nextId++;
  }

  /** Adds the value of an id, or replaces the existing value. */
  set(id: number, value: T): void {
    while ((this.#ids[this.#slot(id)] ?? id) !== id) this.#grow();
    const slot = this.#slot(id);
    if (this.#ids[slot] === null) this.#size += 1;
    this.#ids[slot] = id;
    this.#values[slot] = value;
  }

  get(id: number): T | undefined {
    const slot = this.#slot(id);
    return this.#ids[slot] === id ? (this.#values[slot] ?? undefined) : undefined;
  }

  delete(id: number): void {
    const slot = this.#slot(id);
    if (this.#ids[slot] !== id) return;
    this.#ids[slot] = null;
    this.#values[slot] = null;
    this.#size -= 1;
  }

  /** Returns a list of the current values, ordered by id. */
  values(): readonly T[] {
    const found = this.#ids.flatMap((id, slot) => (id === null ? [] : [{ id, value: this.#values[slot] as T }]));
    return found.sort((a, b) => a.id - b.id).map(({ value }) => value);
  }

  #slot(id: number): number {
    return id % this.#ids.length;
  }

  #grow(): void {
    const [ids, values] = [this.#ids, this.#values];
    this.#ids = new Array(2 * ids.length).fill(null);
    this.#values = new Array(2 * ids.length).fill(null);
    // No two ids get the same slot here. Two ids with the same slot in the larger table would have had the same slot in
    // the smaller one.
    for (const [slot, id] of ids.entries()) {
      if (id === null) continue;
      this.#ids[this.#slot(id)] = id;
      this.#values[this.#slot(id)] = values[slot] ?? null;
    }
  }
}
