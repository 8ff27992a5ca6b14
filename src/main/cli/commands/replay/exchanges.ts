import { isObject, type JsonObject } from '../../../mcp/json-rpc.ts';
import type { RecordedLine } from '../../../recording/recording-format.ts';

/** A step of a server: it sent a message, or waited for the response to its own request. */
export type Step =
  | { readonly kind: 'send'; readonly message: JsonObject }
  | { readonly kind: 'await'; readonly id: unknown };

/** A request or notification of the client, and the messages that the server sent because of it or after it. */
export interface Exchange {
  readonly method: string;
  readonly params: JsonObject;
  /** False for a notification. */
  readonly isRequest: boolean;
  /** Steps in order, including the response. Without a response, the recording ended or the request was cancelled. */
  readonly steps: Step[];
}

/** Returns the exchanges on the connections of one connector, in the order in which they began. */
export function exchangesOf(lines: readonly RecordedLine[]): readonly Exchange[] {
  const readers = new Map<string, ConnectionReader>();
  const exchanges: Exchange[] = [];
  for (const line of lines) {
    const reader = readers.get(line.connection) ?? new ConnectionReader(exchanges);
    readers.set(line.connection, reader);
    reader.take(line);
  }
  return exchanges;
}

/** Assigns each message of one connection to a request. */
class ConnectionReader {
  readonly #exchanges: Exchange[];
  /** Unanswered requests by id, the newest last. */
  readonly #open = new Map<string, Exchange>();
  /** Exchanges in which the server sent a request to the client, by the id of that request. */
  readonly #asking = new Map<string, Exchange>();
  #last: Exchange | null = null;

  constructor(exchanges: Exchange[]) {
    this.#exchanges = exchanges;
  }

  take({ from, message }: RecordedLine): void {
    if (from === 'client') this.#takeClient(message);
    else this.#takeServer(message);
  }

  #takeClient(message: JsonObject): void {
    const { id, method, params } = message;
    if (typeof method !== 'string') {
      const key = JSON.stringify(id);
      this.#asking.get(key)?.steps.push({ kind: 'await', id });
      this.#asking.delete(key);
      return;
    }
    if (method === 'notifications/cancelled') return;
    const isRequest = id !== undefined;
    const exchange: Exchange = { method, params: isObject(params) ? params : {}, isRequest, steps: [] };
    this.#exchanges.push(exchange);
    this.#last = exchange;
    if (isRequest) this.#open.set(JSON.stringify(id), exchange);
  }

  #takeServer(message: JsonObject): void {
    const { id, method } = message;
    const exchange = this.#exchangeOf(message);
    exchange?.steps.push({ kind: 'send', message });
    if (method === undefined) this.#open.delete(JSON.stringify(id));
    else if (id !== undefined && exchange !== null) this.#asking.set(JSON.stringify(id), exchange);
  }

  /**
   * Finds the request that a message answers or reports on, else the newest open request, else the client's last
   * message.
   */
  #exchangeOf({ id, method, params }: JsonObject): Exchange | null {
    if (method === undefined) return this.#open.get(JSON.stringify(id)) ?? null;
    if (method === 'notifications/progress' && isObject(params)) {
      for (const exchange of this.#open.values())
        if (progressTokenOf(exchange.params) === params.progressToken) return exchange;
    }
    return [...this.#open.values()].at(-1) ?? this.#last;
  }
}

/** Returns the token that a request set for its progress notifications. */
export function progressTokenOf({ _meta }: JsonObject): unknown {
  return isObject(_meta) ? _meta.progressToken : undefined;
}
