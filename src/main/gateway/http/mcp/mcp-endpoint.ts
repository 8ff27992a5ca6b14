import type { IncomingMessage, ServerResponse } from 'node:http';
import { RpcError } from '../../../mcp/json-rpc.ts';
import { asClientMessage, idOf, parseClientJson } from '../../messages/client-message.ts';
import { RPC_INVALID_REQUEST, RPC_PARSE_ERROR } from '../../messages/rpc-errors.ts';
import { writeError } from '../../messages/write-message.ts';
import { isModern } from '../../protocol/modern-envelope.ts';
import type { Backlog } from './backlog.ts';
import { answerBatch, type ServeOne, takeQuietly } from './batch-requests.ts';
import { answerLegacy, type LegacyDeps, sessionIdOf, sessionOf } from './legacy-requests.ts';
import { answerModern, type ModernDeps } from './modern-requests.ts';
import { refuse, refuseForNow, refuseSession } from './refusals.ts';
import { HttpReply } from './reply.ts';
import type { Caller, McpHttpRequest, RpcRequest } from './serve-request.ts';

export interface McpEndpointDeps extends ModernDeps, LegacyDeps {
  readonly maxBodyBytes: number;
  /** Requests that are served at once. */
  readonly maxConcurrent: number;
  readonly backlog: Backlog;
}

/** An HTTP request with a reply of its own. */
interface EndpointRequest extends McpHttpRequest {
  readonly reply: HttpReply;
}

/**
 * Serves Streamable HTTP of both eras at one address (MCP 2025-11-25 and 2026-07-28, transports). Rejects if the
 * client disconnects before its request has been read.
 */
export async function handleMcp(
  request: IncomingMessage,
  response: ServerResponse,
  caller: Caller,
  deps: McpEndpointDeps,
): Promise<void> {
  const http: EndpointRequest = { request, response, caller, reply: new HttpReply(request, response, deps.backlog) };
  switch (request.method) {
    case 'POST':
      return await post(http, deps);
    case 'GET':
      return openStream(http, deps);
    case 'DELETE':
      return endSession(http, deps);
    default:
      response.writeHead(405, { allow: 'GET, POST, DELETE' }).end();
  }
}

async function post(http: EndpointRequest, deps: McpEndpointDeps): Promise<void> {
  const { request, reply, response } = http;
  if (!/^application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? ''))
    return refuse(reply, 415, 'The body has to be application/json');
  if (!reply.isAcceptable) return refuse(reply, 406, 'Answers are application/json or text/event-stream');
  const body = await readBody(request, deps.maxBodyBytes);
  if (body === null) {
    // The unread rest of the body would otherwise be parsed as the next request.
    response.setHeader('connection', 'close');
    return refuse(reply, 413, `A request is at most ${deps.maxBodyBytes} bytes`);
  }
  let value: unknown;
  try {
    value = parseClientJson(body.toString('utf8'));
  } catch {
    return refuse(reply, 400, 'The body is no JSON', RPC_PARSE_ERROR);
  }
  await take(http, value, deps);
}

async function take(http: EndpointRequest, value: unknown, deps: McpEndpointDeps): Promise<void> {
  const { reply, response } = http;
  if (Array.isArray(value)) {
    const serveOne: ServeOne = async (place, message) => {
      if (!isTurnedAway(place, message, deps)) await answerLegacy(place, message, deps);
    };
    return await answerBatch(http, value, deps.sessions, serveOne);
  }
  const message = asClientMessage(value);
  if (message.kind === 'junk') {
    const why = 'The body is no JSON-RPC 2.0 message';
    return reply.end(writeError(idOf(value), new RpcError(RPC_INVALID_REQUEST, why)), 400);
  }
  if (message.kind === 'request') {
    if (isTurnedAway(http, message, deps)) return;
    if (isModern(message.method, message.params, http.request.headers)) await answerModern(http, message, deps);
    else await answerLegacy(http, message, deps);
    return;
  }
  const client = sessionOf(http, deps.sessions)?.client;
  const isForNobody = client === undefined && message.kind !== 'notification';
  if (isForNobody || (client === undefined && sessionIdOf(http.request) !== undefined)) return refuseSession(reply);
  await takeQuietly(http.request.headers, client, message, value);
  response.writeHead(202).end();
}

/** Refuses a request while too many requests are being served. Returns whether it refused. */
function isTurnedAway({ response, reply }: McpHttpRequest, { id }: RpcRequest, deps: McpEndpointDeps): boolean {
  const { server, maxConcurrent, draining, backlog } = deps;
  if (!draining.aborted && server.running < maxConcurrent && !backlog.isFull) return false;
  const why = draining.aborted ? 'The gateway is shutting down' : 'There are too many requests at once';
  refuseForNow(response, reply, why, id);
  return true;
}

/**
 * Opens the stream over which a session receives messages that belong to no request (MCP 2025-11-25, listening for
 * messages).
 */
function openStream(http: EndpointRequest, { sessions, streams }: McpEndpointDeps): void {
  const { reply, response } = http;
  if (sessionIdOf(http.request) === undefined) {
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
      sessions.touch(session);
    });
  }
}

function endSession(http: McpHttpRequest, { sessions }: McpEndpointDeps): void {
  const { reply, response } = http;
  const session = sessionOf(http, sessions);
  if (sessionIdOf(http.request) === undefined) response.writeHead(405, { allow: 'POST' }).end();
  else if (session === undefined) refuseSession(reply);
  else {
    sessions.end(session);
    response.writeHead(200).end();
  }
}

/**
 * Resolves with the body of a request, or with null if it is longer than `maxBytes`; no more than that is read.
 * Rejects if the client disconnects.
 */
function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
      resolve(null);
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        request.pause();
        resolve(null);
      } else chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size)));
    request.on('error', reject);
    // A request closes after its end too. Creating an error each time would cost for nothing.
    request.on('close', () => request.complete || reject(new Error('The client broke off')));
  });
}
