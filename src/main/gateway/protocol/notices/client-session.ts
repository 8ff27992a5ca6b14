import { monotonicMs } from '../../../../shared/clock.ts';
import { SwitchyardError } from '../../../../shared/errors.ts';
import { MAX_WATCHED } from '../../../../shared/fleet/session-limits.ts';
import { asRpcError, isObject, type JsonObject, RPC_INTERNAL_ERROR, RpcError } from '../../../mcp/json-rpc.ts';
import { noteRequestId } from '../../../observability/telemetry/current-trace.ts';
import { transportAttributes } from '../../../observability/telemetry/mcp-attributes.ts';
import { recordServerSession } from '../../../observability/telemetry/session-durations.ts';
import { withoutTrace } from '../../../observability/telemetry/trace-context.ts';
import { type SendTraced, tracedRequests } from '../../../observability/telemetry/traced-channel.ts';
import type { View } from '../../catalog/view.ts';
import type { RequestId } from '../../messages/exchange.ts';
import { createQuestionIds, type QuestionIds } from '../../messages/question-ids.ts';
import { invalidParams } from '../../messages/rpc-errors.ts';
import type { ChangedList, NoticeListener } from './client-notices.ts';

/**
 * Writes a message to a client. Returns false if there is no stream to the client. Returns a promise if another replica
 * may have the stream.
 */
export type WriteMessage = (message: JsonObject) => boolean | Promise<boolean>;

/** Maximum number of unanswered server requests to one client. */
const MAX_ASKED = 64;

interface Watched {
  readonly connectorId: string;
  readonly stop: () => void;
}

/**
 * Reports changes in a session to the gateway's other replicas. A failure in other replicas never causes a rejection.
 */
export interface SessionSharing {
  wantsLevel(level: string): Promise<void>;
  /**
   * Starts a watch on this replica with `begin`, and then reports the watch. Rejects as `begin` does, or if the session
   * may not watch that URI.
   */
  watch(uri: string, begin: () => Promise<void>): Promise<void>;
  unwatched(uri: string): Promise<void>;
}

/** Facts that a session starts with. */
export interface SessionFacts
  extends Pick<ClientSession, 'id' | 'principal' | 'view' | 'revision' | 'capabilities'>,
    Partial<Pick<ClientSession, 'clientName'>> {
  /** Ids of the server requests to the client; left out without a fleet. */
  readonly questionIds?: QuestionIds;
}

const LONE_IDS = createQuestionIds(null);

/** A request that is being served and that its client can cancel. */
export interface Running {
  abort(reason: unknown): void;
}

/** State that a legacy client and the gateway agreed on (MCP 2025-11-25, lifecycle), and their requests in flight. */
export class ClientSession implements NoticeListener {
  readonly id: string;
  readonly principal: string;
  readonly view: View;
  readonly revision: string;
  readonly capabilities: JsonObject;
  /** The client's display name; null if it sent none. */
  readonly clientName: string | null;
  /** Requests of the client that are being served, by id. */
  readonly running = new Map<RequestId, Running>();
  readonly #asked = new Map<string, PromiseWithResolvers<JsonObject>>();
  /** Resources that the client watches, by the URI that it sent. */
  readonly #watched = new Map<string, Watched>();
  readonly #write: WriteMessage;
  readonly #transport: 'http' | 'stdio';
  readonly #sendTraced: SendTraced;
  readonly #questionIds: QuestionIds;
  readonly #sinceMs: number = monotonicMs();
  #isClosed = false;
  #count = 0;
  logLevel: string | null = null;
  /** Reports changes of this session to other replicas; null without other replicas. */
  sharing: SessionSharing | null = null;

  /** `write` sends a message that belongs to no request. */
  constructor(facts: SessionFacts, write: WriteMessage, transport: 'http' | 'stdio' = 'http') {
    this.#transport = transport;
    this.#sendTraced = tracedRequests({
      transport: transportAttributes(transport),
      revision: facts.revision,
      sessionId: transport === 'http' ? facts.id : null,
    });
    this.id = facts.id;
    this.principal = facts.principal;
    this.view = facts.view;
    this.revision = facts.revision;
    this.capabilities = facts.capabilities;
    this.clientName = facts.clientName ?? null;
    this.#questionIds = facts.questionIds ?? LONE_IDS;
    this.#write = write;
  }

  wants(_list: ChangedList): boolean {
    return true;
  }

  watches(uri: string, connectorId: string): boolean {
    return this.#watched.get(uri)?.connectorId === connectorId;
  }

  /**
   * Watches a resource of a connector. Does nothing if the client already watches it. `begin` resolves with the
   * function that ends the watch. Rejects as `begin` does, or with an RpcError if the client already watches the
   * maximum number of resources.
   */
  async watch(uri: string, connectorId: string, begin: () => Promise<() => void>): Promise<void> {
    if (this.#watched.has(uri)) return;
    if (this.#watched.size >= MAX_WATCHED)
      throw invalidParams('This session already watches the maximum number of resources', { uri });
    // The entry counts towards the maximum while the request to the connector is in flight.
    const asking: Watched = { connectorId, stop: () => {} };
    this.#watched.set(uri, asking);
    try {
      const stop = await begin();
      if (this.#watched.get(uri) === asking) this.#watched.set(uri, { connectorId, stop });
      else stop();
    } catch (error) {
      if (this.#watched.get(uri) === asking) this.#watched.delete(uri);
      throw error;
    }
  }

  /** True if the client watches the resource with this URI, or is about to. */
  isWatching(uri: string): boolean {
    return this.#watched.has(uri);
  }

  /** Ends every watch. */
  unwatchAll(): void {
    for (const uri of [...this.#watched.keys()]) this.unwatch(uri);
  }

  unwatch(uri: string): void {
    this.#watched.get(uri)?.stop();
    this.#watched.delete(uri);
  }

  /** Sends a notification that belongs to no request, if there is a stream. */
  send(method: string, params: JsonObject): void {
    void this.#write({ jsonrpc: '2.0', method, params });
  }

  /**
   * Sends a server request to the client. `write` is given if the server request belongs to a client request. Rejects
   * with the client's error as an RpcError, or with an RpcError that says why no request could be sent.
   */
  async ask(
    method: string,
    params: JsonObject,
    signal: AbortSignal,
    write: WriteMessage = this.#write,
  ): Promise<JsonObject> {
    // The trace context that the connector sent is removed here. The gateway's handling of the connector's request
    // already continues that trace, and so does the request to the client.
    return await this.#sendTraced(method, withoutTrace(params), (sent) => this.#ask(method, sent, signal, write));
  }

  async #ask(method: string, params: JsonObject, signal: AbortSignal, write: WriteMessage): Promise<JsonObject> {
    if (this.#asked.size >= MAX_ASKED)
      throw new RpcError(RPC_INTERNAL_ERROR, 'Too many requests are waiting for the client');
    signal.throwIfAborted();
    this.#count += 1;
    const id = this.#questionIds.of(this.#count);
    noteRequestId(id);
    const answered = Promise.withResolvers<JsonObject>();
    const onAbort = (): void => {
      answered.reject(new RpcError(RPC_INTERNAL_ERROR, 'The request to the client was cancelled'));
      void write({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } });
    };
    this.#asked.set(id, answered);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const written = write({ jsonrpc: '2.0', id, method, params });
      if (typeof written === 'boolean' ? !written : !(await written))
        throw new RpcError(RPC_INTERNAL_ERROR, 'There is no open stream to the client');
      return await answered.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#asked.delete(id);
    }
  }

  /** Handles a response of the client. Returns false if no server request has this id. */
  take(id: unknown, { result, error }: JsonObject): boolean {
    const asked = typeof id === 'string' ? this.#asked.get(id) : undefined;
    if (asked === undefined) return false;
    if (isObject(result)) asked.resolve(result);
    else
      asked.reject(
        asRpcError(error) ??
          new RpcError(RPC_INTERNAL_ERROR, 'The response of the client has neither a result nor an error'),
      );
    return true;
  }

  /** Cancels a request, because its client has asked for that. Returns false if no such request is being served. */
  cancel(requestId: unknown): boolean {
    const running = this.running.get(requestId as RequestId);
    running?.abort(new SwitchyardError('TOOL_CALL_ABORTED', 'The client cancelled the request.'));
    return running !== undefined;
  }

  /** Ends everything in flight, and all watches. Idempotent. */
  close(): void {
    if (!this.#isClosed) recordServerSession(this.#transport, this.revision, monotonicMs() - this.#sinceMs);
    this.#isClosed = true;
    const gone = new SwitchyardError('TOOL_CALL_ABORTED', 'The session of the client was ended.');
    for (const running of this.running.values()) running.abort(gone);
    for (const asked of this.#asked.values()) asked.reject(new RpcError(RPC_INTERNAL_ERROR, 'The client disconnected'));
    for (const { stop } of this.#watched.values()) stop();
    this.#watched.clear();
  }
}
