import type { HostSide } from '../../connectors/host-side.ts';

interface UnderWay {
  /** Whose it is: a session, or, of a client that has none, the request itself. */
  readonly client: object;
  readonly host: HostSide;
}

/** The requests that are at each connector, to tell whose a question is that names none. */
export class CallsUnderWay {
  readonly #calls = new Map<string, Set<UnderWay>>();

  /** Notes a request until it is disposed of. */
  enter(connectorId: string, client: object, host: HostSide): Disposable {
    const call: UnderWay = { client, host };
    const calls = this.#calls.get(connectorId) ?? new Set();
    this.#calls.set(connectorId, calls.add(call));
    return {
      [Symbol.dispose]: () => {
        calls.delete(call);
        if (calls.size === 0) this.#calls.delete(connectorId);
      },
    };
  }

  /** Who answers for all of them: `none` where there are none, `several` where they are of several clients. */
  hostOf(connectorId: string): HostSide | 'none' | 'several' {
    const [first, ...others] = this.#calls.get(connectorId) ?? [];
    if (first === undefined) return 'none';
    return others.every(({ client }) => client === first.client) ? first.host : 'several';
  }
}
