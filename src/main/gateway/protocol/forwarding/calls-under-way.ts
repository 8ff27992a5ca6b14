import { Chain } from '../../../../shared/chain.ts';
import type { HostSide } from '../../../mcp/host-side.ts';
import type { JsonObject } from '../../../mcp/json-rpc.ts';

/** A request in flight at a connector. */
export interface UnderWay {
  /** The client that sent the request: a session, or the request itself if the client has no session. */
  readonly client: object;
  /** Handles the connector's server requests. */
  readonly host: HostSide;
  /** Passes the connector's notifications on to the client. */
  readonly notify: (method: string, params: JsonObject) => void;
}

/**
 * Requests in flight at each connector. If a message from a connector refers to no request, these requests determine
 * which client the message is for.
 */
export class CallsUnderWay {
  readonly #calls = new Map<string, Chain<UnderWay>>();

  /** Registers a request until the result is disposed of. */
  enter(connectorId: string, call: UnderWay): Disposable {
    const calls = this.#calls.get(connectorId) ?? new Chain();
    this.#calls.set(connectorId, calls);
    const entry = calls.add(call);
    return {
      [Symbol.dispose]: () => {
        if (entry.remove() && calls.size === 0) this.#calls.delete(connectorId);
      },
    };
  }

  /**
   * If all requests in flight belong to the same client, returns one of them, which represents all. Otherwise, returns
   * 'several', or 'none' if there are no requests.
   */
  only(connectorId: string): UnderWay | 'none' | 'several' {
    const calls = this.#calls.get(connectorId);
    const first = calls?.first;
    if (calls === undefined || first === undefined) return 'none';
    return calls.every(({ client }) => client === first.client) ? first : 'several';
  }
}
