import { messageOf } from '../../shared/errors.ts';
import type { ConnectorState } from '../connectors/connector-state.ts';
import type { Logger } from '../observability/logger.ts';
import type { ChangedTool } from '../tools/tool-pins.ts';
import type { ToolChange } from '../tools/tool-store.ts';

/** The ids of the connectors that changed when a service map was accepted or dropped. */
export interface SnapshotChange {
  /** The id of the map in the option `sources`; `default` for the map of `serviceMapUrl`. */
  readonly sourceId: string;
  /** Increases by one with each accepted map of this source. */
  readonly revision: number;
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** A change of a connector's state. */
export interface ConnectorChange {
  readonly connectorId: string;
  readonly from: ConnectorState;
  readonly to: ConnectorState;
  readonly why: string;
  /** Time of the change, in epoch milliseconds. */
  readonly at: number;
}

/**
 * An MCP notification from a connector, except a notification that its tools changed. For changed tools, see `tools`.
 */
export interface ConnectorNotification {
  readonly connectorId: string;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** The events of a manager, by name. */
export interface ManagerEvents {
  readonly snapshot: SnapshotChange;
  readonly connector: ConnectorChange;
  readonly tools: ToolChange;
  readonly 'tool-changed': ChangedTool;
  /** A notification from a connector. Emitted only with the option `notifications`. */
  readonly notification: ConnectorNotification;
}

type Listener<T> = (event: T) => void;

/**
 * Notifies listeners of events. If a listener throws, the error is logged, and the other listeners are still called.
 */
export class EventHub {
  readonly #logger: Logger;
  readonly #listeners: { readonly [K in keyof ManagerEvents]: Set<Listener<ManagerEvents[K]>> } = {
    snapshot: new Set(),
    connector: new Set(),
    tools: new Set(),
    'tool-changed': new Set(),
    notification: new Set(),
  };

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Adds a listener; the returned function removes it. */
  on<K extends keyof ManagerEvents>(name: K, listener: Listener<ManagerEvents[K]>): () => void {
    const listeners: Set<Listener<ManagerEvents[K]>> = this.#listeners[name];
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  emit<K extends keyof ManagerEvents>(name: K, event: ManagerEvents[K]): void {
    const listeners: Set<Listener<ManagerEvents[K]>> = this.#listeners[name];
    for (const listener of [...listeners]) {
      try {
        listener(event);
      } catch (error) {
        this.#logger.error(
          { event: 'listener-threw', name, err: error },
          `A listener of "${name}" threw: ${messageOf(error)}`,
        );
      }
    }
  }

  clear(): void {
    for (const listeners of Object.values(this.#listeners)) listeners.clear();
  }
}
