import { rootReason } from '../../../shared/errors.ts';
import { answeredMethods, type HostSide } from '../../mcp/host-side.ts';
import {
  type FromServer,
  type JsonObject,
  RPC_INTERNAL_ERROR,
  RPC_METHOD_NOT_FOUND,
  RpcError,
} from '../../mcp/json-rpc.ts';
import { assertQuestion } from '../../mcp/question-faults.ts';
import { faultOf } from '../../observability/telemetry/mcp-attributes.ts';
import { type Served, serveTraced } from '../../observability/telemetry/server-operation.ts';

/**
 * Forwards a server request to the host, if the host declared the capability. If the host did not declare roots, a
 * request for roots gets an empty list. Rejects with an RpcError if the host cannot answer, or if the request must not
 * reach a person. The error has the code of the host's own error if that code is an integer.
 */
export async function askHost(
  host: HostSide,
  connectorId: string,
  method: string,
  params: JsonObject,
  signal: AbortSignal,
): Promise<JsonObject> {
  if (!(answeredMethods(host) as readonly string[]).includes(method)) {
    // Many servers request roots without checking the capabilities, and fail the whole call on an error.
    if (method === 'roots/list') return { roots: [] };
    throw new RpcError(RPC_METHOD_NOT_FOUND, `This host does not answer ${method.slice(0, 128)}`);
  }
  assertQuestion(method, params);
  try {
    return await host.answer({ connectorId, method, params, signal });
  } catch (error) {
    if (error instanceof RpcError) throw error;
    // An error from the host, even a network error, must not look like a failure of the connector.
    const code: unknown = error instanceof Error && 'code' in error ? error.code : null;
    throw new RpcError(Number.isSafeInteger(code) ? (code as number) : RPC_INTERNAL_ERROR, rootReason(error));
  }
}

/** Maximum number of requests from one server that may run at the same time; further requests are not answered. */
const MAX_RUNNING = 64;

/** Sends the host's response to a request from the server. Rejects if the server does not accept it. */
interface AnswersServer {
  answer(id: string | number, answer: { readonly result: JsonObject } | { readonly error: JsonObject }): Promise<void>;
}

/** Answers the requests that a legacy server sends over its streams. `stop` aborts all requests in progress. */
export class ServerRequests {
  readonly #session: AnswersServer;
  readonly #connectorId: string;
  readonly #running = new Map<string | number, AbortController>();

  constructor(session: AnswersServer, connectorId: string) {
    this.#session = session;
    this.#connectorId = connectorId;
  }

  /** Forwards a request to `host`, or aborts a running request that the server cancels. */
  take(message: FromServer, host: HostSide): void {
    if (message.kind === 'request' && this.#running.size < MAX_RUNNING) {
      // The responses to two requests with the same id could not be told apart, so the later request is ignored.
      if (this.#running.has(message.id)) return;
      void this.#answer(message.id, message.method, message.params, host);
    } else if (message.method === 'notifications/cancelled')
      this.#running.get(message.params.requestId as string | number)?.abort();
  }

  stop(): void {
    for (const running of this.#running.values()) running.abort();
  }

  async #answer(id: string | number, method: string, params: JsonObject, host: HostSide): Promise<void> {
    const running = new AbortController();
    this.#running.set(id, running);
    try {
      const ask = (): Promise<JsonObject> => askHost(host, this.#connectorId, method, params, running.signal);
      const result = method === 'ping' ? {} : await serveTraced(asked(id, method, params), ask);
      if (!running.signal.aborted) await this.#session.answer(id, { result });
    } catch (error) {
      // If even the error cannot be sent, the server gets no response.
      if (!running.signal.aborted) await this.#session.answer(id, { error: asAnswer(error) }).catch(() => {});
    } finally {
      this.#running.delete(id);
    }
  }
}

/**
 * Describes the trace span of a server request. Its parent is the trace that the server sent with the request. Without
 * such a trace, the span starts a new trace.
 */
function asked(id: string | number, method: string, params: JsonObject): Served {
  return {
    ...{ id, method, params, transport: {}, headers: null, faultOf },
    agreed: () => ({ revision: null, sessionId: null }),
    subject: () => null,
  };
}

function asAnswer(error: unknown): JsonObject {
  if (!(error instanceof RpcError)) return { code: RPC_INTERNAL_ERROR, message: rootReason(error) };
  const { code, message, data } = error;
  return { code, message, ...(data !== undefined && { data }) };
}
