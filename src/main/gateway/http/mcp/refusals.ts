import type { ServerResponse } from 'node:http';
import { isObject, RpcError } from '../../../mcp/json-rpc.ts';
import { recordGatewayRefusal } from '../../../observability/instruments.ts';
import type { RequestId } from '../../messages/exchange.ts';
import { UnknownMethod } from '../../messages/rpc-errors.ts';
import { writeError } from '../../messages/write-message.ts';
import type { HttpReply } from './reply.ts';

/** What JSON-RPC has no code for, and HTTP a status; SDKs use it so. */
export const RPC_TRANSPORT = -32_000;
const RPC_SESSION_UNKNOWN = -32_001;

/** Answers with an HTTP status and an error of that code. */
export function refuse(reply: HttpReply, status: number, why: string, code = RPC_TRANSPORT, id?: RequestId): void {
  reply.end(writeError(id, new RpcError(code, why)), status);
}

/** There is no such session, or it is somebody else's: its client is to begin anew (MCP 2025-11-25, session management). */
export function refuseSession(reply: HttpReply, id?: RequestId): void {
  refuse(reply, 404, 'The session is not known', RPC_SESSION_UNKNOWN, id);
}

/** It may go in a moment. */
export function refuseForNow(response: ServerResponse, reply: HttpReply, why: string, id?: RequestId): void {
  recordGatewayRefusal(503);
  response.setHeader('retry-after', '1');
  refuse(reply, 503, why, RPC_TRANSPORT, id);
}

/** The id of what is no message, if it has one. */
export function idOf(value: unknown): RequestId | undefined {
  const id = isObject(value) ? value.id : undefined;
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}

/** MCP 2026-07-28, Streamable HTTP: what is refused as a message has a status of its own, what a method answers has not. */
export function statusOf(error: RpcError): number {
  const { code } = error;
  if (error instanceof UnknownMethod) return 404;
  return code <= -32_020 && code >= -32_022 ? 400 : 200;
}
