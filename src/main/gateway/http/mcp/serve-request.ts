import type { IncomingMessage, ServerResponse } from 'node:http';
import { LateSignal } from '../../../../shared/cancellation.ts';
import { SwitchyardError } from '../../../../shared/errors.ts';
import { type asIncoming, type JsonObject, RpcError } from '../../../mcp/json-rpc.ts';
import type { View } from '../../catalog/view.ts';
import { ANSWERED, type Exchange, type Outcome, progressTokenOf, type RequestId } from '../../messages/exchange.ts';
import type { LoginDoor } from '../../messages/login-offer.ts';
import { toRpcError } from '../../messages/rpc-errors.ts';
import { writeError, writeResult } from '../../messages/write-message.ts';
import type { Running } from '../../protocol/notices/client-session.ts';
import type { RequestServer } from '../../protocol/request-server.ts';
import { statusOf } from './refusals.ts';
import type { Reply } from './reply.ts';

/** Sender of a request, and its route. */
export interface Caller {
  readonly principal: string;
  /** Key of the budget that the request uses: the caller's token or, without tokens, the caller's address. */
  readonly payer: string;
  readonly view: View;
  /** Offers logins to connectors. */
  readonly logins: LoginDoor;
}

/** One HTTP request to an MCP endpoint, with the reply to the request or, in a batch, to one of its messages. */
export interface McpHttpRequest {
  readonly request: Pick<IncomingMessage, 'headers' | 'url'>;
  readonly response: ServerResponse;
  readonly reply: Reply;
  readonly caller: Caller;
}

export type RpcRequest = Extract<ReturnType<typeof asIncoming>, { readonly kind: 'request' }>;

/** Facts of a request that depend on the protocol generation of its client. */
export interface EraFacts
  extends Pick<
    Exchange,
    'era' | 'revision' | 'client' | 'session' | 'capabilities' | 'logLevel' | 'ask' | 'clientName' | 'tell'
  > {
  /** Requests of the client's session that are being served; null without a session. */
  readonly running: Map<RequestId, Running> | null;
  /** Serves a method that only this protocol generation has; null for any other method. */
  readonly own: (method: string, params: JsonObject, signal: AbortSignal) => Promise<Outcome | null>;
}

/** Serves one request of either protocol generation over HTTP and writes its response. Never rejects. */
export async function serveRequest(
  http: McpHttpRequest,
  { id, method, params }: RpcRequest,
  { running, own, ...facts }: EraFacts,
  server: RequestServer,
): Promise<void> {
  const { request, response, reply, caller } = http;
  const life = new RequestLife(response);
  running?.set(id, life);
  const exchange: Exchange = {
    ...facts,
    ...{
      id,
      signal: life,
      progressToken: progressTokenOf(params),
      headers: request.headers,
      principal: caller.principal,
    },
    logins: caller.logins,
    notify: (name, notice) => void reply.send({ jsonrpc: '2.0', method: name, params: notice }),
    openLarge: reply.takesPieces ? (prefix, flow) => reply.openLarge(id, prefix, flow) : null,
  };
  reply.beginInTime();
  try {
    const outcome = await server.serve(method, params, exchange, caller.view, (name, given) =>
      own(name, given, life.signal),
    );
    if (outcome === ANSWERED) reply.endLarge();
    else reply.end(writeResult(id, outcome, facts.era));
  } catch (error) {
    // A result that cannot be written, for example because it nests too deeply, is treated as a failure of the request.
    const rpcError = error instanceof RpcError ? error : toRpcError(error, facts.era);
    reply.end(writeError(id, rpcError), facts.era === 'modern' ? statusOf(rpcError) : 200);
  } finally {
    running?.delete(id);
    life.release();
  }
}

/** Signal that aborts if the client disconnects before it has its response. It does not abort after `release()`. */
export class RequestLife extends LateSignal {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    super();
    this.#response = response;
    response.on('close', this.#onClose);
  }

  /** Stops watching the HTTP response, because the request has been answered. */
  release(): void {
    this.#response.off('close', this.#onClose);
  }

  readonly #onClose = (): void => {
    if (!this.#response.writableFinished)
      this.abort(new SwitchyardError('TOOL_CALL_ABORTED', 'The client disconnected.'));
  };
}
