import type { HostSide } from '../../../mcp/host-side.ts';
import type { JsonObject } from '../../../mcp/json-rpc.ts';

/** A request that is at a connector. */
export interface UnderWay {
  /** Whose it is: a session, or, of a client that has none, the request itself. */
  readonly client: object;
  /** Answers what the connector asks. */
  readonly host: HostSide;
  /** Takes what the connector says to its client. */
  readonly notify: (method: string, params: JsonObject) => void;
}

/** The requests that are at each connector, to tell whose a message is that names none. */
export class CallsUnderWay {
  readonly #calls = new Map<string, Set<UnderWay>>();

  /** Notes a request until it is disposed of. */
  enter(connectorId: string, call: UnderWay): Disposable {
    const calls = this.#calls.get(connectorId) ?? new Set();
    this.#calls.set(connectorId, calls.add(call));
    return {
      [Symbol.dispose]: () => {
        calls.delete(call);
        if (calls.size === 0) this.#calls.delete(connectorId);
      },
    };
  }

  /** One of them, where all are of one client: it may speak for the rest. */
  only(connectorId: string): UnderWay | 'none' | 'several' {
    const [first, ...others] = this.#calls.get(connectorId) ?? [];
    if (first === undefined) return 'none';
    return others.every(({ client }) => client === first.client) ? first : 'several';
  }
}
