import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { deadline } from '../../../shared/clock.ts';
import { codeOf } from '../../../shared/errors.ts';
import type { JsonObject, RpcError } from '../../mcp/json-rpc.ts';
import type { RequestId } from '../messages/exchange.ts';
import { toRpcError, unknownState } from '../messages/rpc-errors.ts';
import { writeError } from '../messages/write-message.ts';
import type { HopAnswer, ReplicaHop } from './replica-hop.ts';

/** The retry of a held call, and how it is answered. */
export interface Retry {
  readonly message: { readonly id: RequestId; readonly method: string; readonly params: JsonObject };
  readonly request: Pick<IncomingMessage, 'headers' | 'url'>;
  readonly response: ServerResponse;
  readonly principal: string;
  readonly payer: string;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  /** Answers with this error as JSON. */
  readonly refuse: (json: string) => void;
}

/** What of a client's request another replica needs besides its body. No credentials are among it. */
const SENT_ON = /^(?:accept|host|via|forwarded|x-forwarded-.+|x-real-ip|traceparent|tracestate|baggage|mcp-.+)$/;

/** What of its answer the client gets. */
const PASSED_BACK = ['content-type', 'content-length', 'cache-control', 'x-accel-buffering', 'retry-after'];

/** How long a client may take nothing of an answer. */
const PATIENCE_MS = 30_000;

const LINE_BREAK = 0x0a;

/**
 * Sends the retry of a held call on to the replica that holds it, and passes the answer back while it arrives: no
 * faster than the client takes it. Whatever ends here ends there, too. Never rejects.
 */
export async function forwardRetry(retry: Retry, ownerId: string, replicas: ReplicaHop): Promise<void> {
  const { message, request, response, principal, payer, signal, refuse } = retry;
  const payload = {
    message: { jsonrpc: '2.0', id: message.id, method: message.method, params: message.params },
    headers: headersFor(request.headers),
    ...{ path: request.url ?? '', principal, payer },
  };
  try {
    const answer = await replicas.forward('retry', ownerId, payload, signal);
    await passBack(answer, response, signal, message.id);
  } catch (error) {
    // Once the answer has begun, it can only be broken off.
    if (response.headersSent) response.destroy();
    else if (!signal.aborted) refuse(writeError(message.id, errorFor(error)));
  }
}

/** A replica that is not there, or no longer the one that it was, holds nothing any more. */
function errorFor(error: unknown): RpcError {
  return codeOf(error) === 'FLEET_HOP_REFUSED' ? unknownState() : toRpcError(error, 'modern');
}

function headersFor(headers: IncomingHttpHeaders): JsonObject {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => SENT_ON.test(name)));
}

/** Rejects if the answer breaks off where the client could not be told so. */
async function passBack(
  { head, body }: HopAnswer,
  response: ServerResponse,
  signal: AbortSignal,
  id: RequestId,
): Promise<void> {
  const { status, headers } = head as { readonly status: number; readonly headers: Readonly<Record<string, string>> };
  const passed = PASSED_BACK.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]] as const]));
  response.writeHead(status, Object.fromEntries(passed));
  response.flushHeaders();
  const isStream = headers['content-type'] === 'text/event-stream';
  let isBetweenEvents = isStream;
  try {
    for await (const chunk of body) {
      isBetweenEvents = isStream && chunk.at(-1) === LINE_BREAK && (chunk.length === 1 || chunk.at(-2) === LINE_BREAK);
      if (!response.write(chunk)) await drained(response, signal);
    }
  } catch (error) {
    if (!isBetweenEvents || signal.aborted) throw error;
    response.write(`event: message\ndata: ${writeError(id, errorFor(error))}\n\n`);
  }
  response.end();
}

async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  using limit = deadline(PATIENCE_MS, () => new Error('The client takes nothing'), signal);
  await once(response, 'drain', { signal: limit.signal });
}
