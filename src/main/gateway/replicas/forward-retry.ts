import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { deadline } from '../../../shared/clock.ts';
import { codeOf } from '../../../shared/errors.ts';
import type { JsonObject, RpcError } from '../../mcp/json-rpc.ts';
import type { RequestId } from '../messages/exchange.ts';
import { toRpcError, unknownState } from '../messages/rpc-errors.ts';
import { writeError } from '../messages/write-message.ts';
import type { HopAnswer, ReplicaHop } from './replica-hop.ts';

/** Retry of a held call, and the functions to respond to it. */
export interface Retry {
  readonly message: { readonly id: RequestId; readonly method: string; readonly params: JsonObject };
  readonly request: Pick<IncomingMessage, 'headers' | 'url'>;
  readonly response: ServerResponse;
  readonly principal: string;
  readonly payer: string;
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
  /** Answers with this error as JSON. */
  readonly refuse: (json: string) => void;
}

/** Request headers that another replica needs in addition to the body. None holds credentials. */
const SENT_ON = /^(?:accept|host|via|forwarded|x-forwarded-.+|x-real-ip|traceparent|tracestate|baggage|mcp-.+)$/;

/** Response headers that are passed on to the client. */
const PASSED_BACK = ['content-type', 'content-length', 'cache-control', 'x-accel-buffering', 'retry-after'];

/** Maximum time for which a client may read nothing of a response. */
const PATIENCE_MS = 30_000;

const LINE_BREAK = 0x0a;

/**
 * Forwards the retry of a held call to the replica that holds it, and streams the response back at the client's pace.
 * If either side ends, the other side is ended, too. Never rejects.
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
    // Once the response has begun, no error can be sent, so the connection is closed.
    if (response.headersSent) response.destroy();
    else if (!signal.aborted) refuse(writeError(message.id, errorFor(error)));
  }
}

/** Returns the error for the client. A replica that has ended or restarted no longer holds any call. */
function errorFor(error: unknown): RpcError {
  return codeOf(error) === 'FLEET_HOP_REFUSED' ? unknownState() : toRpcError(error, 'modern');
}

function headersFor(headers: IncomingHttpHeaders): JsonObject {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => SENT_ON.test(name)));
}

/**
 * Passes the response of another replica to the client. If the response breaks off between two events of a stream, the
 * client gets an error as the last event. Rejects if it breaks off anywhere else.
 */
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
  using limit = deadline(PATIENCE_MS, () => new Error('The client did not read the response in time'), signal);
  await once(response, 'drain', { signal: limit.signal });
}
