import type { ConnectorState, Transition } from './connector-state.ts';

/**
 * Counts the connectors in each state, and keeps the ids of all connectors that are not disabled. Each transition
 * updates the counts, so no caller has to visit all connectors.
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
   * Returns the number of connectors by state. Adds `waiting` to the number of connectors in the state `connecting`.
   */
  counts(waiting: number): ReadonlyMap<ConnectorState, number> {
    if (waiting === 0) return this.#counts;
    return new Map([...this.#counts, ['connecting', (this.#counts.get('connecting') ?? 0) + waiting]]);
  }

  /** Returns the ids of the connectors that are not disabled, whether up or down. */
  wanted(): string[] {
    return [...this.#wanted];
  }

  /**
   * Returns the ids of connectors that failed or are backing off. A connector that needs a login is not included,
   * because a retry does not help it.
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
