import { nextTurn } from '../../shared/clock.ts';
import type { Delta } from '../../shared/delta.ts';
import { SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorEntry } from '../../shared/service-map.ts';
import { Snapshot } from '../snapshot/snapshot.ts';
import { Connector } from './connector.ts';
import type { ConnectorDeps } from './connector-deps.ts';
import type { ConnectorState } from './connector-state.ts';
import { originOf } from './local-entry.ts';

/** Connectors taken up or ended in one turn of the event loop. */
const BATCH = 8;

export interface ConnectorSetDeps extends ConnectorDeps {
  /** Called for each connector that the map adds, before it does anything. */
  readonly onCreated: (connector: Connector) => void;
}

/** The connectors of the current snapshot, each on its own. */
export class ConnectorSet {
  readonly #deps: ConnectorSetDeps;
  readonly #connectors = new Map<string, Connector>();
  /** What the connectors follow; a later one overtakes what is still being taken up of an earlier one. */
  #snapshot: Snapshot = Snapshot.EMPTY;
  /** The entries of local files; the user's own, so they win over a map's of the same id. */
  #local: ReadonlyMap<string, ConnectorEntry> = new Map();
  #applied: Promise<void> = Promise.resolve();
  #isClosed = false;
  #leaving = new Set<Promise<void>>();

  constructor(deps: ConnectorSetDeps) {
    this.#deps = deps;
  }

  get(id: string): Connector | undefined {
    return this.#connectors.get(id);
  }

  /** The connector whose namespace `name` is in: the one with the longest such id. One that waits to be taken up is taken up at once. */
  owning(name: string): Connector | undefined {
    for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
      const id = name.slice(0, dot);
      if (!this.#connectors.has(id)) this.#take(id);
      const connector = this.#connectors.get(id);
      if (connector !== undefined) return connector;
    }
    return undefined;
  }

  /** All connectors, in the order in which they came. */
  all(): readonly Connector[] {
    return [...this.#connectors.values()];
  }

  /** How many are in each state. */
  countByState(): ReadonlyMap<ConnectorState, number> {
    const counts = new Map<ConnectorState, number>();
    for (const { state } of this.#connectors.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
    return counts;
  }

  /**
   * Follows a new snapshot: what is gone or disabled ends before this returns, the rest comes up in the background, some in each
   * turn of the event loop.
   */
  apply(snapshot: Snapshot, delta: Delta): void {
    // The brand is in every tool's tags.
    const isRebranded = snapshot.header?.brand !== this.#snapshot.header?.brand;
    this.#snapshot = snapshot;
    const isOfMap = (id: string): boolean => !this.#local.has(id);
    for (const id of delta.removed) if (isOfMap(id)) this.#remove(id);
    for (const id of delta.changed) if (isOfMap(id) && !snapshot.isEnabled(id)) this.#take(id);
    this.#takeUp((isRebranded ? snapshot.ids : [...delta.changed, ...delta.added]).filter(isOfMap));
  }

  /** Follows local files, whose entries stay the same objects as long as they say the same. One that is gone from there may still be in the map. */
  applyLocal(entries: readonly ConnectorEntry[]): void {
    const before = this.#local;
    this.#local = new Map(entries.map((entry) => [entry.id, entry]));
    const gone = [...before.keys()].filter((id) => !this.#local.has(id));
    const changed = entries.filter((entry) => before.get(entry.id) !== entry);
    for (const id of gone) if (this.#snapshot.entry(id) === undefined) this.#remove(id);
    for (const { id, status } of changed) if (status === 'disabled' && this.#connectors.has(id)) this.#take(id);
    this.#takeUp([...gone, ...changed.map(({ id }) => id)]);
  }

  /** Resolves when every connector of the snapshot has been taken up; none of them need be up yet. */
  takenUp(): Promise<void> {
    return this.#applied;
  }

  /** Has every connector that is down try again now, and every one that is up read its tools anew. */
  refresh(): void {
    for (const connector of this.#connectors.values()) connector.refresh();
  }

  /** Resolves when every connector has come up or failed once since it was last told to. Never rejects. */
  async settled(): Promise<void> {
    await this.#applied;
    await Promise.all(this.all().map((connector) => connector.settled()));
  }

  /** Ends all connectors; resolves when their sessions have ended. Idempotent. */
  async close(reason: SwitchyardError): Promise<void> {
    this.#isClosed = true;
    const closing: Promise<void>[] = [];
    await inBatches(this.all(), (connector) => closing.push(connector.close(reason)));
    await Promise.all([...this.#leaving, ...closing]);
  }

  #takeUp(ids: readonly string[]): void {
    this.#applied = this.#applied.then(() => inBatches(ids, (id) => this.#take(id)));
  }

  #take(id: string): void {
    const entry = this.#isClosed ? undefined : (this.#local.get(id) ?? this.#snapshot.entry(id));
    if (entry === undefined) return;
    const known = this.#connectors.get(id);
    const connector = known ?? new Connector(entry, this.#deps);
    if (known === undefined) this.#deps.onCreated(connector);
    this.#connectors.set(id, connector);
    connector.update(entry);
  }

  #remove(id: string): void {
    const connector = this.#connectors.get(id);
    if (connector === undefined) return;
    this.#connectors.delete(id);
    const why = `Connector ${id} was removed from ${originOf(connector.entry)}.`;
    const leaving = connector.close(new SwitchyardError('CONNECTOR_GONE', why));
    this.#leaving.add(leaving);
    void leaving.finally(() => this.#leaving.delete(leaving));
  }
}

async function inBatches<T>(items: readonly T[], work: (item: T) => void): Promise<void> {
  for (const [index, item] of items.entries()) {
    // Also before the first: what called for this was work enough for its turn.
    if (index % BATCH === 0) await nextTurn();
    work(item);
  }
}
