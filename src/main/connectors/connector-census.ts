import type { ConnectorState, Transition } from './connector-state.ts';

/** How many connectors are in which state, and which are not disabled: kept with each transition, so that nobody has to ask them all. */
export class ConnectorCensus {
  readonly #counts = new Map<ConnectorState, number>();
  readonly #wanted = new Set<string>();
  readonly #down = new Set<string>();

  /** A new connector; it begins disabled. */
  add(): void {
    this.#change('disabled', 1);
  }

  note(id: string, { from, to }: Transition): void {
    this.#change(from, -1);
    // One that closes is no more.
    if (to !== 'closing') this.#change(to, 1);
    if (to === 'closing' || to === 'disabled') this.#wanted.delete(id);
    else this.#wanted.add(id);
    if (to === 'failed' || to === 'backing-off') this.#down.add(id);
    else this.#down.delete(id);
  }

  /** By state; `waiting` more are about to connect. */
  counts(waiting: number): ReadonlyMap<ConnectorState, number> {
    if (waiting === 0) return this.#counts;
    return new Map([...this.#counts, ['connecting', (this.#counts.get('connecting') ?? 0) + waiting]]);
  }

  /** Those that are up or to be brought up. */
  wanted(): string[] {
    return [...this.#wanted];
  }

  /** Those that failed or back off. One that needs a login is not among them: nothing but a login helps. */
  down(): string[] {
    return [...this.#down];
  }

  #change(state: ConnectorState, by: 1 | -1): void {
    const count = (this.#counts.get(state) ?? 0) + by;
    if (count === 0) this.#counts.delete(state);
    else this.#counts.set(state, count);
  }
}
