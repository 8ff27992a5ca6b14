import { isObject, type JsonObject } from '../../../mcp/json-rpc.ts';
import type { RecordedLine } from '../../../recording/recording-format.ts';

/**
 * Something that the recorded server did: it sent a message, or waited for the client's response to a server request.
 */
export type Step =
  | { readonly kind: 'send'; readonly message: JsonObject }
  | { readonly kind: 'await'; readonly id: unknown };

/** A recorded request or notification of the client, and the messages that the server sent afterwards. */
export interface Exchange {
  readonly method: string;
  readonly params: JsonObject;
  /** True for a request, false for a notification. */
  readonly isRequest: boolean;
  /**
   * Steps of the server in their recorded order, including the response. There is no response if the request was
   * cancelled or the recording ended.
   */
  readonly steps: Step[];
}

/** Groups the recorded messages of one connector into exchanges, in the order in which the client started them. */
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

/** Assigns each message of one connection to an exchange. */
class ConnectionReader {
  readonly #exchanges: Exchange[];
  /** Exchanges whose request has no response yet, by the id of the request. The newest exchange is last. */
  readonly #open = new Map<string, Exchange>();
  /** Exchanges in which the client has not yet answered a server request, by the id of the server request. */
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
   * Returns the exchange that a server message belongs to. A response and a progress notification name their request.
   * Any other message is assigned to the newest request without a response. If all requests have a response, it is
   * assigned to the client's last message.
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

/** Returns the progress token in the parameters of a request; undefined if the request has no progress token. */
export function progressTokenOf({ _meta }: JsonObject): unknown {
  return isObject(_meta) ? _meta.progressToken : undefined;
}
