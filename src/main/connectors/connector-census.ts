import type { ConnectorState, Transition } from './connector-state.ts';

/**
 * Counts the connectors in each state, and keeps the ids of all that are not disabled. Each transition updates the
 * counts, so no caller has to query all connectors.
 */
export class ConnectorCensus {
  readonly #counts = new Map<ConnectorState, number>();
  readonly #wanted = new Set<string>();
  readonly #down = new Set<string>();

  /** Counts a new connector, which starts out disabled. */
  add(): void {
    this.#change('disabled', 1);
  }

  note(id: string, { from, to }: Transition): void {
    this.#change(from, -1);
    // A connector that is closing is no longer counted.
    if (to !== 'closing') this.#change(to, 1);
    if (to === 'closing' || to === 'disabled') this.#wanted.delete(id);
    else this.#wanted.add(id);
    if (to === 'failed' || to === 'backing-off') this.#down.add(id);
    else this.#down.delete(id);
  }

  /**
   * Returns the number of connectors by state. `waiting` is the number of further connectors to count as connecting.
   */
  counts(waiting: number): ReadonlyMap<ConnectorState, number> {
    if (waiting === 0) return this.#counts;
    return new Map([...this.#counts, ['connecting', (this.#counts.get('connecting') ?? 0) + waiting]]);
  }

  /** Returns the ids of connectors that are up or should be. */
  wanted(): string[] {
    return [...this.#wanted];
  }

  /**
   * Returns the ids of connectors that failed or are backing off. A connector that needs a login is not included: only
   * a login helps it.
   */
  down(): string[] {
    return [...this.#down];
  }

  #change(state: ConnectorState, by: 1 | -1): void {
    const count = (this.#counts.get(state) ?? 0) + by;
    if (count === 0) this.#counts.delete(state);
    else this.#counts.set(state, count);
  }
}
