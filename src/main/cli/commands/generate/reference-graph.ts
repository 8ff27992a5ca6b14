/**
 * Which declared types a declared type mentions outside of objects and arrays. The compiler resolves those at once, so
 * that they may not lead back.
 */
export class ReferenceGraph {
  readonly #edges = new Map<string, Set<string>>();
  /** The declared type that is being written; null within an object or an array. */
  #current: string | null = null;

  /** Notes that the current type mentions `to`. False, and nothing is noted, where that would close a circle. */
  add(to: string): boolean {
    const from = this.#current;
    if (from === null) return true;
    if (this.#leads(to, from)) return false;
    const targets = this.#edges.get(from) ?? new Set();
    this.#edges.set(from, targets.add(to));
    return true;
  }

  /** Runs `write` for a declared type. */
  from<T>(place: string | null, write: () => T): T {
    const before = this.#current;
    this.#current = place;
    try {
      return write();
    } finally {
      this.#current = before;
    }
  }

  /** Runs `write` for what stands within an object or an array. */
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
