import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { SwitchyardError } from '../../../../shared/errors.ts';
import { type asIncoming, RpcError } from '../../../mcp/json-rpc.ts';
import type { View } from '../../catalog/view.ts';
import { ANSWERED, type Exchange } from '../../messages/exchange.ts';
import { toRpcError } from '../../messages/rpc-errors.ts';
import { writeError, writeResult } from '../../messages/write-message.ts';
import type { GatewayHost } from '../../protocol/gateway-host.ts';
import type { OwnMethod, RequestServer } from '../../protocol/request-server.ts';
import type { Backlog } from './backlog.ts';
import { refuseForNow, statusOf } from './refusals.ts';
import { HttpReply } from './reply.ts';

/** Who sends a request, and on which route. */
export interface Caller {
  readonly principal: string;
  readonly view: View;
}

export type RpcRequest = Extract<ReturnType<typeof asIncoming>, { readonly kind: 'request' }>;

/** One HTTP request to an MCP endpoint, and what goes back. */
export class HttpRequest {
  readonly caller: Caller;
  readonly reply: HttpReply;
  readonly response: ServerResponse;
  readonly #request: IncomingMessage;

  constructor(request: IncomingMessage, response: ServerResponse, caller: Caller, backlog: Backlog) {
    this.#request = request;
    this.response = response;
    this.caller = caller;
    this.reply = new HttpReply(request, response, backlog);
  }

  get method(): string {
    return this.#request.method ?? '';
  }

  get headers(): IncomingHttpHeaders {
    return this.#request.headers;
  }

  get message(): IncomingMessage {
    return this.#request;
  }
}

/** What it takes to serve requests. */
export interface ServeDeps {
  readonly server: RequestServer;
  readonly host: GatewayHost;
  readonly maxConcurrent: number;
  readonly backlog: Backlog;
  /** Aborts when no new work is taken. */
  readonly draining: AbortSignal;
}

/** Refuses a request while too many are being served; whether it did. */
export function isTurnedAway({ response, reply }: HttpRequest, id: RpcRequest['id'], deps: ServeDeps): boolean {
  const { server, maxConcurrent, draining, backlog } = deps;
  if (!draining.aborted && server.running < maxConcurrent && !backlog.isFull) return false;
  const why = draining.aborted ? 'The gateway is shutting down' : 'There are too many requests at once';
  refuseForNow(response, reply, why, id);
  return true;
}

/** An exchange over HTTP; what is left open is of the era. */
export function exchangeOf(
  { caller, reply, headers }: HttpRequest,
  parts: Pick<Exchange, 'era' | 'id' | 'client' | 'capabilities' | 'logLevel' | 'signal' | 'ask' | 'progressToken'>,
): Exchange {
  return {
    ...parts,
    headers,
    principal: caller.principal,
    notify: (method, params) => void reply.send({ jsonrpc: '2.0', method, params }),
    openLarge: (prefix, flow) => reply.openLarge(parts.id, prefix, flow),
  };
}

/** Serves a request and answers it. Never rejects. */
export async function answer(
  { reply, caller }: HttpRequest,
  { method, params }: RpcRequest,
  exchange: Exchange,
  own: OwnMethod,
  { server }: ServeDeps,
): Promise<void> {
  reply.beginInTime();
  try {
    const outcome = await server.serve(method, params, exchange, caller.view, own);
    if (outcome === ANSWERED) reply.endLarge();
    else reply.end(writeResult(exchange.id, outcome, exchange.era));
  } catch (error) {
    // What cannot be written, such as a result that nests too deep, is a failure like any other.
    const rpcError = error instanceof RpcError ? error : toRpcError(error, exchange.era);
    reply.end(writeError(exchange.id, rpcError), exchange.era === 'modern' ? statusOf(rpcError) : 200);
  }
}

/** Aborts when the client goes away before it has its answer, until it is disposed of. */
export function lifeOf(response: ServerResponse): Disposable & { readonly controller: AbortController } {
  const controller = new AbortController();
  const onClose = (): void => {
    if (!response.writableFinished) controller.abort(new SwitchyardError('TOOL_CALL_ABORTED', 'The client went away.'));
  };
  response.once('close', onClose);
  return { controller, [Symbol.dispose]: () => void response.off('close', onClose) };
}
