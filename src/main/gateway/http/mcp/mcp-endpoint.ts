import type { IncomingMessage, ServerResponse } from 'node:http';
import { asIncoming, type JsonObject, RpcError } from '../../../mcp/json-rpc.ts';
import { RPC_INVALID_REQUEST, RPC_PARSE_ERROR } from '../../messages/rpc-errors.ts';
import { writeError } from '../../messages/write-message.ts';
import { isModern } from '../../protocol/modern-envelope.ts';
import { type Caller, HttpRequest } from './http-request.ts';
import { answerLegacy, type LegacyDeps, sessionOf } from './legacy-requests.ts';
import { answerModern, type ModernDeps } from './modern-requests.ts';
import { readBody } from './read-body.ts';
import { idOf, refuse, refuseForNow, refuseSession } from './refusals.ts';

export interface McpEndpointDeps extends ModernDeps, LegacyDeps {
  readonly maxBodyBytes: number;
}

/** Streamable HTTP of both eras at one place (MCP 2025-11-25 and 2026-07-28, transports). Rejects where the client breaks off. */
export async function handleMcp(
  request: IncomingMessage,
  response: ServerResponse,
  caller: Caller,
  deps: McpEndpointDeps,
): Promise<void> {
  const http = new HttpRequest(request, response, caller, deps.backlog);
  switch (http.method) {
    case 'POST':
      return post(http, deps);
    case 'GET':
      return openStream(http, deps);
    case 'DELETE':
      return endSession(http, deps);
    default:
      response.writeHead(405, { allow: 'GET, POST, DELETE' }).end();
  }
}

async function post(http: HttpRequest, deps: McpEndpointDeps): Promise<void> {
  const { reply, response } = http;
  if (!/^application\/json\s*(?:;|$)/i.test(http.headers['content-type'] ?? ''))
    return refuse(reply, 415, 'The body has to be application/json');
  if (!reply.isAcceptable) return refuse(reply, 406, 'Answers are application/json or text/event-stream');
  const body = await readBody(http.message, deps.maxBodyBytes);
  if (body === null) {
    // What is not read any more would be taken for the next request.
    response.setHeader('connection', 'close');
    return refuse(reply, 413, `A request is at most ${deps.maxBodyBytes} bytes`);
  }
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return refuse(reply, 400, 'The body is no JSON', RPC_PARSE_ERROR);
  }
  return take(http, value, deps);
}

async function take(http: HttpRequest, value: unknown, deps: McpEndpointDeps): Promise<void> {
  const { reply, response } = http;
  const message = asIncoming(value);
  if (message.kind === 'junk') {
    const why = 'The body is no JSON-RPC 2.0 message; batches are not taken';
    return reply.end(writeError(idOf(value), new RpcError(RPC_INVALID_REQUEST, why)), 400);
  }
  if (message.kind === 'request')
    return isModern(message.params, http.headers)
      ? answerModern(http, message, deps)
      : answerLegacy(http, message, deps);
  const client = sessionOf(http, deps.sessions)?.client;
  if (client === undefined && http.headers['mcp-session-id'] !== undefined) return refuseSession(reply);
  if (message.kind === 'notification') {
    if (message.method === 'notifications/cancelled') client?.cancel(message.params.requestId);
  } else {
    if (client === undefined) return refuseSession(reply);
    client.take(message.id, value as JsonObject);
  }
  response.writeHead(202).end();
}

/** Opens the stream over which a session hears what belongs to no request (MCP 2025-11-25, listening for messages). */
function openStream(http: HttpRequest, { sessions, streams }: McpEndpointDeps): void {
  const { reply, response } = http;
  if (http.headers['mcp-session-id'] === undefined) {
    response.writeHead(405, { allow: 'POST' }).end();
    return;
  }
  const session = sessionOf(http, sessions);
  if (session === undefined) refuseSession(reply);
  else if (!reply.acceptsStream) refuse(reply, 406, 'This is text/event-stream');
  else {
    const place = streams.take();
    if (place === null) {
      refuseForNow(response, reply, 'There are too many streams');
      return;
    }
    session.attach(reply);
    response.once('close', () => {
      place[Symbol.dispose]();
      session.detach(reply);
    });
  }
}

function endSession(http: HttpRequest, { sessions }: McpEndpointDeps): void {
  const { reply, response } = http;
  const session = sessionOf(http, sessions);
  if (http.headers['mcp-session-id'] === undefined) response.writeHead(405, { allow: 'POST' }).end();
  else if (session === undefined) refuseSession(reply);
  else {
    sessions.end(session);
    response.writeHead(200).end();
  }
}
