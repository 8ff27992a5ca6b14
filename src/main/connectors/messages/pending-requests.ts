import type { Cancellation } from '../../../shared/cancellation.ts';
import type { HostSide } from '../../mcp/host-side.ts';
import { type Answer, asIncoming, asProgress, type FromServer, isObject, type JsonObject } from '../../mcp/json-rpc.ts';
import { RefusedMessage } from '../../mcp/refused-message.ts';
import { keepTraceForLater, noteRequestId } from '../../observability/telemetry/current-trace.ts';
import type { RequestTraffic } from '../connection/connection.ts';
import { UnusableAnswer } from '../connection/failure.ts';
import { PendingRequest } from './pending-request.ts';

/** Who hears what a server sends besides answers and progress. */
export interface MessageEvents {
  /** A request or a notice of the server; `host` is who answers it, where that is not the usual one. */
  readonly onMessage: (message: FromServer, host?: HostSide) => void;
  /** Something came that nobody waited for: an answer with an unknown, wrong or repeated id, or no message at all. */
  readonly onStray: () => void;
}

/** Notices that are not about the request over whose stream they come. A question is withdrawn by its own id. */
const ABOUT_SERVER: ReadonlySet<string> = new Set(['notifications/resources/updated', 'notifications/cancelled']);

/** The requests to one server that wait for an answer, by id. Hands each message of the server to who waits for it. */
export class PendingRequests {
  readonly #events: MessageEvents;
  readonly #byId = new Map<number, PendingRequest>();
  #nextId = 1;

  constructor(events: MessageEvents) {
    this.#events = events;
  }

  /** An id that no earlier request has. */
  nextId(): number {
    return this.#nextId++;
  }

  /** Waits for the answer to a request that is about to be sent. `onGivenUp` is called if its signal aborts first. */
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
   * Takes a parsed JSON value that the server sent. `from` is the request over whose answer it came, null where it
   * came over a stream of its own.
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

  /** Rejects every request that waits, and ends its exchange. */
  endAll(error: Error): void {
    for (const pending of [...this.#byId.values()]) pending.end(error);
  }

  /** An answer that cannot be parsed fails the request that it names, or the one over whose answer it came. */
  #takeRefused({ id, isRequest, reason }: RefusedMessage, from: PendingRequest | null): void {
    const pending = isRequest ? null : (this.#waiting(id) ?? from);
    if (pending === null) this.#events.onStray();
    else pending.reject(new UnusableAnswer(`its answer ${reason}`));
  }

  /** A malformed answer to a request that waits fails it at once, rather than at its deadline. */
  #takeJunk(value: unknown): void {
    const pending = isObject(value) && value.method === undefined ? this.#waiting(value.id) : undefined;
    if (pending === undefined) this.#events.onStray();
    else pending.reject(new UnusableAnswer(malformed(value as JsonObject)));
  }

  /** Some servers answer the id 7 as "7". */
  #waiting(id: unknown): PendingRequest | undefined {
    if (typeof id === 'number') return this.#byId.get(id);
    return typeof id === 'string' && /^\d{1,15}$/.test(id) ? this.#byId.get(Number(id)) : undefined;
  }

  #takeAnswer(message: Answer, from: PendingRequest | null): void {
    const named = this.#waiting(message.id);
    // An error that names no request is about the one it answers: MCP 2025-11-25 omits the id, JSON-RPC makes it null.
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

/** Says in words what is wrong with an answer that is no JSON-RPC answer. It holds nothing that the server sent. */
function malformed({ jsonrpc, result, error }: JsonObject): string {
  if (jsonrpc !== '2.0') return 'its answer is no JSON-RPC 2.0 message: the member `jsonrpc` is not "2.0"';
  if (error !== undefined && error !== null)
    return 'its answer holds a malformed error: `error` must be an object with a numeric `code`';
  if (result === undefined) return 'its answer holds neither a result nor an error';
  return `its answer holds a malformed result: \`result\` must be an object and is ${kindOf(result)}`;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}

/** Whether a notice is about the server, over whichever stream it comes. */
function isAboutServer(method: string): boolean {
  return method.endsWith('/list_changed') || ABOUT_SERVER.has(method);
}
