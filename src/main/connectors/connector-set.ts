import { nextTurn } from '../../shared/clock.ts';
import { SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorEntry } from '../../shared/map/service-map.ts';
import { originOf } from './connection/local-entry.ts';
import { Connector } from './connector.ts';
import { ConnectorCensus } from './connector-census.ts';
import type { ConnectorDeps } from './connector-deps.ts';
import type { ConnectorState } from './connector-state.ts';

/** Number of connectors created, updated or removed in one turn of the event loop. */
const BATCH = 8;

/** Looks up the current entry of each connector. The entry may come from any source. */
interface Directory {
  /**
   * Returns the entry with this id, or undefined. Returns the same object while the content of the entry is the same.
   */
  entry(id: string): ConnectorEntry | undefined;
  /** Returns whether the connector should be up; null if no entry has this id. */
  isWanted(id: string): boolean | null;
}

export interface ConnectorSetDeps extends Omit<ConnectorDeps, 'onSettling'> {
  readonly directory: Directory;
  /** Called for each new connector, before it does anything. */
  readonly onCreated: (connector: Connector) => void;
}

/**
 * The connectors that the sources list. Each connector works independently. The cost of an update grows with the number
 * of changes, not with the number of connectors.
 */
export class ConnectorSet {
  readonly #deps: ConnectorSetDeps;
  readonly #connectorDeps: ConnectorDeps;
  readonly #connectors = new Map<string, Connector>();
  readonly #census = new ConnectorCensus();
  /** The promises of connectors that are connecting or reading their tools. */
  readonly #settling = new Set<Promise<void>>();
  /** Number of ids that wait to be processed. An id that waits twice counts twice. */
  #waiting = 0;
  #applied: Promise<void> = Promise.resolve();
  #isClosed = false;
  readonly #leaving = new Map<Connector, Promise<void>>();

  constructor(deps: ConnectorSetDeps) {
    this.#deps = deps;
    this.#connectorDeps = {
      ...deps,
      onTransition: (connector, transition) => {
        this.#census.note(connector.id, transition);
        deps.onTransition(connector, transition);
      },
      onSettling: (settled) => {
        this.#settling.add(settled);
        void settled.finally(() => this.#settling.delete(settled));
      },
    };
  }

  get(id: string): Connector | undefined {
    return this.#connectors.get(id);
  }

  /** Returns the connector with this id. If the connector is listed but not created yet, creates it immediately. */
  find(id: string): Connector | undefined {
    if (!this.#connectors.has(id)) this.#take(id);
    return this.#connectors.get(id);
  }

  /**
   * Returns the connector that the tool name `name` belongs to: the connector with the longest matching id. If the
   * connector is not created yet, creates it immediately.
   */
  owning(name: string): Connector | undefined {
    for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
      const connector = this.find(name.slice(0, dot));
      if (connector !== undefined) return connector;
    }
    return undefined;
  }

  /** Returns all connectors, in the order of their creation. */
  all(): readonly Connector[] {
    return [...this.#connectors.values()];
  }

  /** Returns the number of connectors in each state. Connectors that are not created yet count as connecting. */
  countByState(): ReadonlyMap<ConnectorState, number> {
    return this.#census.counts(this.#waiting);
  }

  /**
   * Applies changes of the directory. Removed and disabled connectors end before this method returns. Other connectors
   * come up in the background, some in each turn of the event loop. The `added` ids are processed in a later turn,
   * because a first map adds all of its ids. If an added id is already listed by another source, its connector also
   * switches to the new entry in that later turn. Calls to removed connectors have `drainMs` to end.
   */
  follow(ids: readonly string[], added: readonly string[] = [], drainMs = 0): void {
    const wanted = ids.filter((id) => {
      const isWanted = this.#deps.directory.isWanted(id);
      if (isWanted === null) this.#remove(id, drainMs);
      if (isWanted === false && this.#connectors.has(id)) this.#take(id);
      return isWanted === true || (isWanted === false && !this.#connectors.has(id));
    });
    const take = (id: string): void => {
      this.#waiting -= 1;
      this.#take(id);
    };
    this.#waiting += wanted.length + added.length;
    this.#inTurns(wanted, take);
    this.#inTurns(added, take);
  }

  /**
   * Makes every connector that is down retry, and every connector that is up read its tools again. Some connectors are
   * processed in each turn of the event loop.
   */
  refresh(): void {
    this.#inTurns(this.#census.wanted(), (id) => this.#connectors.get(id)?.refresh());
  }

  /**
   * Makes every connector that failed or is backing off retry. Some of them are processed in each turn of the event
   * loop.
   */
  retry(): void {
    this.#inTurns(this.#census.down(), (id) => this.#connectors.get(id)?.retry());
  }

  /** Resolves when every connector has come up or failed once since its last start. Never rejects. */
  async settled(): Promise<void> {
    await this.#applied;
    await Promise.all(this.#settling);
  }

  /** Ends all connectors. Resolves when their sessions have ended. Idempotent. */
  async close(reason: SwitchyardError): Promise<void> {
    this.#isClosed = true;
    const closing: Promise<void>[] = [];
    await inBatches(this.all(), (connector) => closing.push(connector.close(reason)));
    await Promise.all([...this.#leaving.keys()].map((connector) => connector.close(reason)));
    await Promise.all(closing);
  }

  #inTurns(ids: readonly string[], work: (id: string) => void): void {
    if (ids.length > 0) this.#applied = this.#applied.then(() => inBatches(ids, work));
  }

  #take(id: string): void {
    const entry = this.#isClosed ? undefined : this.#deps.directory.entry(id);
    if (entry === undefined) return;
    const known = this.#connectors.get(id);
    const connector = known ?? new Connector(entry, this.#connectorDeps);
    if (known === undefined) {
      this.#census.add();
      this.#deps.onCreated(connector);
    }
    this.#connectors.set(id, connector);
    connector.update(entry);
  }

  #remove(id: string, drainMs: number): void {
    const connector = this.#connectors.get(id);
    if (connector === undefined) return;
    this.#connectors.delete(id);
    const why = `Connector ${id} was removed from ${originOf(connector.entry)}.`;
    const leaving = connector.close(new SwitchyardError('CONNECTOR_GONE', why), drainMs);
    this.#leaving.set(connector, leaving);
    void leaving.finally(() => this.#leaving.delete(connector));
  }
}

async function inBatches<T>(items: readonly T[], work: (item: T) => void): Promise<void> {
  for (const [index, item] of items.entries()) {
    // Also waits before the first item, because the caller may already have done much work in this turn of the event
    // loop.
    if (index % BATCH === 0) await nextTurn();
    work(item);
  }
}
