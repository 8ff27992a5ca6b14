import { isObject, type JsonObject } from '../../../mcp/json-rpc.ts';
import type { RecordedLine } from '../../../recording/recording-format.ts';

/** What a server did: it sent a message, or waited for the answer to a request of its own. */
export type Step =
  | { readonly kind: 'send'; readonly message: JsonObject }
  | { readonly kind: 'await'; readonly id: unknown };

/** A request or a notification of the client, and what the server sent because of it or after it. */
export interface Exchange {
  readonly method: string;
  readonly params: JsonObject;
  /** False for a notification. */
  readonly isRequest: boolean;
  /** In their order; the answer is one of them. Without an answer, the recording ended or the request was cancelled. */
  readonly steps: Step[];
}

/** The exchanges of the connections of one connector, in the order in which they began. */
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

/** Finds out which request each message of one connection belongs to. */
class ConnectionReader {
  readonly #exchanges: Exchange[];
  /** Requests without an answer yet, by id, the newest last. */
  readonly #open = new Map<string, Exchange>();
  /** Who asked the client, by the id of the question. */
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

  /** The request that it answers or reports on, else the newest that is open, else what the client sent last. */
  #exchangeOf({ id, method, params }: JsonObject): Exchange | null {
    if (method === undefined) return this.#open.get(JSON.stringify(id)) ?? null;
    if (method === 'notifications/progress' && isObject(params)) {
      for (const exchange of this.#open.values())
        if (progressTokenOf(exchange.params) === params.progressToken) return exchange;
    }
    return [...this.#open.values()].at(-1) ?? this.#last;
  }
}

/** The token that a request gave for its progress. */
export function progressTokenOf({ _meta }: JsonObject): unknown {
  return isObject(_meta) ? _meta.progressToken : undefined;
}
