/**
 * Graph of the declared types that mention each other outside of objects and arrays. The compiler resolves such
 * references at once, so they must not form a cycle.
 */
export class ReferenceGraph {
  readonly #edges = new Map<string, Set<string>>();
  /** The declared type that is being written; null within an object or an array. */
  #current: string | null = null;

  /** Records that the current type mentions `to`. Returns false, and records nothing, if that would close a cycle. */
  add(to: string): boolean {
    const from = this.#current;
    if (from === null) return true;
    if (this.#leads(to, from)) return false;
    const targets = this.#edges.get(from) ?? new Set();
    this.#edges.set(from, targets.add(to));
    return true;
  }

  /** Runs `write` with a declared type as the current one. */
  from<T>(place: string | null, write: () => T): T {
    const before = this.#current;
    this.#current = place;
    try {
      return write();
    } finally {
      this.#current = before;
    }
  }

  /** Runs `write` for the content of an object or an array. */
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
