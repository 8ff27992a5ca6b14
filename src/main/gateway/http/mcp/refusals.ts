import type { IncomingMessage, ServerResponse } from 'node:http';
import { RpcError } from '../../../mcp/json-rpc.ts';
import { recordGatewayRefusal } from '../../../observability/instruments.ts';
import type { RequestId } from '../../messages/exchange.ts';
import { UnknownMethod } from '../../messages/rpc-errors.ts';
import { writeError } from '../../messages/write-message.ts';
import { answerUnread } from '../budgets/read-body.ts';
import type { Reply } from './reply.ts';

/**
 * Error code for refusals that have an HTTP status, but no error code of their own in JSON-RPC. SDKs use the same code.
 */
export const RPC_TRANSPORT = -32_000;
const RPC_SESSION_UNKNOWN = -32_001;

/** Responds with an HTTP status and a JSON-RPC error. */
export function refuse(reply: Reply, status: number, why: string, code = RPC_TRANSPORT, id?: RequestId): void {
  reply.end(writeError(id, new RpcError(code, why)), status);
}

/**
 * Refuses a request whose session is unknown or belongs to another client. The client then starts a new session (MCP
 * 2025-11-25, session management).
 */
export function refuseSession(reply: Reply, id?: RequestId): void {
  refuse(reply, 404, 'The session is unknown. Initialize a new session.', RPC_SESSION_UNKNOWN, id);
}

/** Refuses a request that may succeed if it is sent again a moment later. */
export function refuseForNow(response: ServerResponse, reply: Reply, why: string, id?: RequestId): void {
  recordGatewayRefusal(503);
  if (!response.headersSent) response.setHeader('retry-after', '1');
  refuse(reply, 503, why, RPC_TRANSPORT, id);
}

/** Refuses a request without reading its whole body, in a way that lets its client read the error. */
export function refuseUnread(
  request: IncomingMessage,
  response: ServerResponse,
  why: 'too-long' | 'no-room',
  maxBytes: number,
): void {
  const status = why === 'too-long' ? 413 : 503;
  const text =
    why === 'too-long'
      ? `A request must have at most ${maxBytes} bytes`
      : 'Too many request bodies are being read. Retry later.';
  recordGatewayRefusal(status);
  const json = writeError(undefined, new RpcError(RPC_TRANSPORT, text));
  answerUnread(request, response, status, json, status === 503 ? { 'retry-after': '1' } : {});
}

/**
 * Returns the HTTP status for an error in the modern protocol (MCP 2026-07-28, Streamable HTTP). A refused message has
 * the status that belongs to its error code. An error from the called method has status 200.
 */
export function statusOf(error: RpcError): number {
  const { code } = error;
  if (error instanceof UnknownMethod) return 404;
  return code <= -32_020 && code >= -32_022 ? 400 : 200;
}
