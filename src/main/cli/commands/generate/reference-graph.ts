/**
 * Records direct references between type aliases. A reference within an object or array type is not direct. The
 * TypeScript compiler resolves direct references immediately, so a cycle of them is an error.
 */
export class ReferenceGraph {
  readonly #edges = new Map<string, Set<string>>();
  /** The type alias that is being written; null while the content of an object or array type is written. */
  #current: string | null = null;

  /**
   * Records a reference from the current type alias to `to`. Returns false, and records nothing, if the reference would
   * make a cycle.
   */
  add(to: string): boolean {
    const from = this.#current;
    if (from === null) return true;
    if (this.#leads(to, from)) return false;
    const targets = this.#edges.get(from) ?? new Set();
    this.#edges.set(from, targets.add(to));
    return true;
  }

  /** Runs `write` while `place` is the current type alias. */
  from<T>(place: string | null, write: () => T): T {
    const before = this.#current;
    this.#current = place;
    try {
      return write();
    } finally {
      this.#current = before;
    }
  }

  /** Runs `write`, which writes the content of an object or array type. References in that content are not recorded. */
  within<T>(write: () => T): T {
    return this.from(null, write);
  }

  #leads(from: string, to: string): boolean {
    const seen = new Set<string>();
    const open = [from];
    for (let place = open.pop(); place !== undefined; place = open.pop()) {
      if (place === to) return true;
      if (seen.has(place)) continue;
      seen.add(place);
      open.push(...(this.#edges.get(place) ?? []));
    }
    return false;
  }
}
