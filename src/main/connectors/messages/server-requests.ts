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
 * Has the host answer a request, if it declared that it can. A server that asks for roots although none were
 * declared is answered that there are none. Rejects with an RpcError, which has the host's own code where that is a
 * whole number; also for a question that must not reach a person.
 */
export async function askHost(
  host: HostSide,
  connectorId: string,
  method: string,
  params: JsonObject,
  signal: AbortSignal,
): Promise<JsonObject> {
  if (!(answeredMethods(host) as readonly string[]).includes(method)) {
    // Many servers ask without looking at the capabilities, and fail the whole call on an error.
    if (method === 'roots/list') return { roots: [] };
    throw new RpcError(RPC_METHOD_NOT_FOUND, `This host does not answer ${method.slice(0, 128)}`);
  }
  assertQuestion(method, params);
  try {
    return await host.answer({ connectorId, method, params, signal });
  } catch (error) {
    if (error instanceof RpcError) throw error;
    // A failure of the host, of its network too, says nothing about the connector.
    const code: unknown = error instanceof Error && 'code' in error ? error.code : null;
    throw new RpcError(Number.isSafeInteger(code) ? (code as number) : RPC_INTERNAL_ERROR, rootReason(error));
  }
}

/** At most this many requests of one server are under way at once; further ones are not answered. */
const MAX_RUNNING = 64;

/** Sends the host's answer to a request of the server. Rejects if the server does not accept it. */
interface AnswersServer {
  answer(id: string | number, answer: { readonly result: JsonObject } | { readonly error: JsonObject }): Promise<void>;
}

/** Answers the requests of a legacy server, which come over its streams; `stop` abandons the ones under way. */
export class ServerRequests {
  readonly #session: AnswersServer;
  readonly #connectorId: string;
  readonly #running = new Map<string | number, AbortController>();

  constructor(session: AnswersServer, connectorId: string) {
    this.#session = session;
    this.#connectorId = connectorId;
  }

  /** Has `host` answer a request, or abandons one that the server no longer wants answered. */
  take(message: FromServer, host: HostSide): void {
    if (message.kind === 'request' && this.#running.size < MAX_RUNNING) {
      // An id that is in use names an earlier request; answered twice, the two could not be told apart.
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
      // If even the error cannot be sent, the server waits in vain, as it would for a host that is gone.
      if (!running.signal.aborted) await this.#session.answer(id, { error: asAnswer(error) }).catch(() => {});
    } finally {
      this.#running.delete(id);
    }
  }
}

/** How the span of a question is described. It is below the trace that the server sends with it, or starts one. */
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
