import type { Cancellation } from '../../../shared/cancellation.ts';
import { RequestTable } from '../../../shared/request-table.ts';
import type { HostSide } from '../../mcp/host-side.ts';
import { type Answer, asIncoming, asProgress, type FromServer, isObject, type JsonObject } from '../../mcp/json-rpc.ts';
import { RefusedMessage } from '../../mcp/refused-message.ts';
import { keepTraceForLater, noteRequestId } from '../../observability/telemetry/current-trace.ts';
import type { RequestTraffic } from '../connection/connection.ts';
import { UnusableAnswer } from '../connection/failure.ts';
import { PendingRequest } from './pending-request.ts';

/** Callbacks for the messages from a server that are neither responses nor progress. */
export interface MessageEvents {
  /**
   * Called with a request or a notification from the server. `host` answers the request; if omitted, the usual host
   * answers.
   */
  readonly onMessage: (message: FromServer, host?: HostSide) => void;
  /**
   * Called when an unexpected message arrived: a response with an unknown, wrong or repeated id, or an invalid message.
   */
  readonly onStray: () => void;
}

/**
 * Notifications that do not concern the request on whose stream they arrive. With `notifications/cancelled`, a server
 * cancels one of its own requests.
 */
const ABOUT_SERVER: ReadonlySet<string> = new Set(['notifications/resources/updated', 'notifications/cancelled']);

/** The requests to one server that wait for a response, by id. Passes each message from the server to its recipient. */
export class PendingRequests {
  readonly #events: MessageEvents;
  readonly #byId = new RequestTable<PendingRequest>();

  constructor(events: MessageEvents) {
    this.#events = events;
  }

  /** Returns an id that no earlier request has. */
  nextId(): number {
    return this.#byId.nextId();
  }

  /**
   * Registers a request that is about to be sent. `onGivenUp` is called if the signal aborts before the response
   * arrives.
   */
  add(id: number, signal: Cancellation | null, traffic: RequestTraffic, onGivenUp: () => void): PendingRequest {
    const inTrace = keepTraceForLater();
    const pending = new PendingRequest(id, signal, traffic, (isGivenUp) => {
      this.#byId.delete(id);
      if (isGivenUp) inTrace(onGivenUp);
    });
    this.#byId.set(id, pending);
    noteRequestId(id);
    return pending;
  }

  /**
   * Processes a parsed JSON value that the server sent. `from` is the request on whose response stream the value
   * arrived; null if it arrived on a standing stream.
   */
  take(value: unknown, from: PendingRequest | null): void {
    const message = asIncoming(value);
    if (value instanceof RefusedMessage) this.#takeRefused(value, from);
    else if (message.kind === 'junk') this.#takeJunk(value);
    else if (message.kind === 'result' || message.kind === 'error') this.#takeAnswer(message, from);
    else if (message.method === 'notifications/progress') this.#takeProgress(message.params);
    else if (from === null || isAboutServer(message.method)) this.#events.onMessage(message);
    else if (message.kind === 'request') this.#events.onMessage(message, from.traffic.host);
    else if (from.traffic.onNotification !== undefined) from.traffic.onNotification(message.method, message.params);
    else this.#events.onMessage(message);
  }

  /** Rejects every pending request, and ends its exchange. */
  endAll(error: Error): void {
    for (const pending of this.#byId.values()) pending.end(error);
  }

  /**
   * Fails the request whose response the JSON parser refused. This is the request whose id the response contains, or
   * else the request on whose stream the response arrived.
   */
  #takeRefused({ id, isRequest, reason }: RefusedMessage, from: PendingRequest | null): void {
    const pending = isRequest ? null : (this.#waiting(id) ?? from);
    if (pending === null) this.#events.onStray();
    else pending.reject(new UnusableAnswer(`its answer ${reason}`));
  }

  /** Fails a request because its response is malformed, so that the caller need not wait for the deadline. */
  #takeJunk(value: unknown): void {
    const pending = isObject(value) && value.method === undefined ? this.#waiting(value.id) : undefined;
    if (pending === undefined) this.#events.onStray();
    else pending.reject(new UnusableAnswer(malformed(value as JsonObject)));
  }

  /** Returns the pending request with this id. Some servers answer the id 7 as "7". */
  #waiting(id: unknown): PendingRequest | undefined {
    if (typeof id === 'number') return this.#byId.get(id);
    return typeof id === 'string' && /^\d{1,15}$/.test(id) ? this.#byId.get(Number(id)) : undefined;
  }

  #takeAnswer(message: Answer, from: PendingRequest | null): void {
    const named = this.#waiting(message.id);
    // An error without an id belongs to the request on whose stream it arrived. MCP 2025-11-25 omits the id; JSON-RPC
    // sets it to null.
    const isNameless = message.id === null || message.id === undefined;
    const pending = named ?? (message.kind === 'error' && isNameless ? from : null);
    if (pending === null) this.#events.onStray();
    else if (message.kind === 'result') pending.resolve(message.result);
    else pending.reject(message.error);
  }

  #takeProgress(params: JsonObject): void {
    const { progressToken } = params;
    const progress = asProgress(params);
    if (progress !== null && typeof progressToken === 'number')
      this.#byId.get(progressToken)?.traffic.onProgress?.(progress, params);
  }
}

/** Describes what is wrong with a malformed JSON-RPC response. The description quotes nothing that the server sent. */
function malformed({ jsonrpc, result, error }: JsonObject): string {
  if (jsonrpc !== '2.0') return 'its answer is not a JSON-RPC 2.0 message: the member `jsonrpc` is not "2.0"';
  if (error !== undefined && error !== null)
    return 'its answer holds a malformed error: `error` must be an object with a numeric `code`';
  if (result === undefined) return 'its answer holds neither a result nor an error';
  return `its answer holds a malformed result: \`result\` must be an object and is ${kindOf(result)}`;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}

/** Whether a notification is about the server as a whole, on whichever stream it arrives. */
function isAboutServer(method: string): boolean {
  return method.endsWith('/list_changed') || ABOUT_SERVER.has(method);
}
