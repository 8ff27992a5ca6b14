/**
 * Tool ids in the namespace of another connector. For example, the id `a.bank.pay` of connector `a` is in the namespace
 * of connector `a.bank`. Only tools with a dot in their name have such ids.
 */
export class ReservedIds {
  readonly #isKnown: (connectorId: string) => boolean;
  /** The ids, grouped by the connector that owns the namespace, and then by the connector that claims them. */
  readonly #ids = new Map<string, Map<string, Set<string>>>();

  constructor(isKnown: (connectorId: string) => boolean) {
    this.#isKnown = isKnown;
  }

  /** Whether an id that connector `claimant` claims belongs to the namespace of another known connector. */
  isOthers(id: string, claimant: string): boolean {
    return namespaces(id, claimant).some(this.#isKnown);
  }

  note(id: string, claimant: string): void {
    for (const namespace of namespaces(id, claimant)) {
      const claimants = this.#ids.get(namespace) ?? new Map<string, Set<string>>();
      this.#ids.set(namespace, claimants.set(claimant, (claimants.get(claimant) ?? new Set()).add(id)));
    }
  }

  forget(id: string, claimant: string): void {
    for (const namespace of namespaces(id, claimant)) {
      const claimants = this.#ids.get(namespace);
      const ids = claimants?.get(claimant);
      ids?.delete(id);
      if (ids?.size === 0) claimants?.delete(claimant);
      if (claimants?.size === 0) this.#ids.delete(namespace);
    }
  }

  /**
   * Returns the ids that other connectors claim in the namespaces of these connectors, grouped by the claiming
   * connector.
   */
  under(connectorIds: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
    const found = new Map<string, ReadonlySet<string>>();
    // Usually no connector claims an id in the namespace of another connector. This case must be fast, because a first
    // map adds thousands of connectors in one step.
    if (this.#ids.size === 0) return found;
    for (const connectorId of connectorIds) {
      for (const [claimant, ids] of this.#ids.get(connectorId) ?? [])
        found.set(claimant, new Set([...(found.get(claimant) ?? []), ...ids]));
    }
    return found;
  }
}

/** Returns all connector ids whose namespace would contain the tool id, and that are longer than `claimant`. */
function namespaces(id: string, claimant: string): readonly string[] {
  const found: string[] = [];
  for (let dot = id.indexOf('.', claimant.length + 1); dot > 0; dot = id.indexOf('.', dot + 1))
    found.push(id.slice(0, dot));
  return found;
}
