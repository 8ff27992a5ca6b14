import type { IncomingMessage, ServerResponse } from 'node:http';
import { JsonFault } from '../../../../shared/json/json-limits.ts';
import { RpcError } from '../../../mcp/json-rpc.ts';
import { asClientMessage, idOf, parseClientJson } from '../../messages/client-message.ts';
import { RPC_INVALID_REQUEST, RPC_PARSE_ERROR } from '../../messages/rpc-errors.ts';
import { writeError } from '../../messages/write-message.ts';
import { isModern } from '../../protocol/modern-envelope.ts';
import type { Shares } from '../../shares.ts';
import type { BodyBudget } from '../budgets/body-budget.ts';
import { readBody } from '../budgets/read-body.ts';
import type { Backlog } from './backlog.ts';
import { answerBatch, type QuietDeps, type ServeOne, takeQuietly } from './batch-requests.ts';
import type { HttpSession } from './http-session.ts';
import {
  answerLegacy,
  arrivedSession,
  type LegacyDeps,
  refuseUnfound,
  sessionIdOf,
  sessionOf,
} from './legacy-requests.ts';
import { answerModern, type ModernDeps } from './modern-requests.ts';
import { refuse, refuseForNow, refuseUnread } from './refusals.ts';
import { HttpReply } from './reply.ts';
import type { Caller, McpHttpRequest, RpcRequest } from './serve-request.ts';

export interface McpEndpointDeps extends ModernDeps, LegacyDeps, QuietDeps {
  readonly maxBodyBytes: number;
  readonly bodies: BodyBudget;
  /** The requests that are being served. */
  readonly running: Shares;
  readonly backlog: Backlog;
  /**
   * Reports to other replicas that a client has ended its session; null if there are no other replicas. Never rejects.
   */
  readonly ended: ((session: HttpSession) => Promise<void>) | null;
}

/** An HTTP request with its own reply. */
interface EndpointRequest extends McpHttpRequest {
  readonly request: IncomingMessage;
  readonly reply: HttpReply;
}

/**
 * Serves Streamable HTTP of both protocol generations at one address (MCP 2025-11-25 and 2026-07-28, transports).
 * Rejects if the client disconnects before its request has been read.
 */
export async function handleMcp(
  request: IncomingMessage,
  response: ServerResponse,
  caller: Caller,
  deps: McpEndpointDeps,
): Promise<void> {
  const http: EndpointRequest = {
    request,
    response,
    caller,
    reply: new HttpReply(request, response, caller.payer, deps.backlog),
  };
  switch (request.method) {
    case 'POST':
      return await post(http, deps);
    case 'GET':
      return await openStream(http, deps);
    case 'DELETE':
      return await endSession(http, deps);
    default:
      response.writeHead(405, { allow: 'GET, POST, DELETE' }).end();
  }
}

async function post(http: EndpointRequest, deps: McpEndpointDeps): Promise<void> {
  const { request, reply, response, caller } = http;
  if (!/^application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? ''))
    return refuse(reply, 415, 'The Content-Type header must be application/json');
  if (!reply.isAcceptable)
    return refuse(reply, 406, 'The Accept header must allow application/json or text/event-stream');
  if ((request.headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity')
    return refuse(reply, 415, 'The body must be sent without a content encoding');
  const body = await readBody(request, caller.payer, deps.maxBodyBytes, deps.bodies);
  if (!Buffer.isBuffer(body)) return refuseUnread(request, response, body, deps.maxBodyBytes);
  let value: unknown;
  try {
    value = parseClientJson(body.toString('utf8'));
  } catch (error) {
    const why = error instanceof JsonFault ? error.message : 'is not valid JSON';
    return refuse(reply, 400, `The body ${why}`, RPC_PARSE_ERROR);
  }
  await take(http, value, deps);
}

async function take(http: EndpointRequest, value: unknown, deps: McpEndpointDeps): Promise<void> {
  const { reply, response } = http;
  if (Array.isArray(value)) {
    const serveOne: ServeOne = async (place, message) => {
      await inTurn(place, message, deps, () => answerLegacy(place, message, deps));
    };
    return await answerBatch(http, value, deps, serveOne);
  }
  const message = asClientMessage(value);
  if (message.kind === 'junk') {
    const why = 'The body is not a JSON-RPC 2.0 message';
    return reply.end(writeError(idOf(value), new RpcError(RPC_INVALID_REQUEST, why)), 400);
  }
  if (message.kind === 'request') {
    const answer = isModern(message.method, message.params, http.request.headers) ? answerModern : answerLegacy;
    return await inTurn(http, message, deps, () => answer(http, message, deps));
  }
  let session = sessionOf(http, deps.sessions);
  if (session?.isArriving === true) session = await arrivedSession(http, deps.sessions, session);
  const client = session?.client;
  const isForNobody = client === undefined && message.kind !== 'notification';
  if (isForNobody || (client === undefined && sessionIdOf(http.request) !== undefined))
    return refuseUnfound(http, deps.sessions);
  await takeQuietly(http.request.headers, client, message, value, deps.replicas);
  response.writeHead(202).end();
}

/** Serves a request, or refuses it while too many requests are being served. Never rejects. */
export async function inTurn(
  { response, reply, caller }: McpHttpRequest,
  { id, method }: RpcRequest,
  { running, draining, backlog }: McpEndpointDeps,
  serve: () => Promise<void>,
): Promise<void> {
  if (draining.aborted) return refuseForNow(response, reply, 'The gateway is shutting down', id);
  // A notification stream counts towards the limit of streams instead.
  if (method === 'subscriptions/listen') return await serve();
  const { payer } = caller;
  if (backlog.isFull(payer) || !running.has(payer))
    return refuseForNow(response, reply, 'Too many requests are being served. Retry later.', id);
  running.take(payer);
  try {
    await serve();
  } finally {
    running.give(payer);
  }
}

/**
 * Opens the stream over which a session receives messages that belong to no request (MCP 2025-11-25, listening for
 * messages).
 */
async function openStream(http: EndpointRequest, { sessions, streams }: McpEndpointDeps): Promise<void> {
  const { reply, response } = http;
  if (sessionIdOf(http.request) === undefined) {
    response.writeHead(405, { allow: 'POST' }).end();
    return;
  }
  let session = sessionOf(http, sessions);
  if (session?.isArriving === true) {
    session = await arrivedSession(http, sessions, session);
    // If the client disconnected during the wait, `close` has already been emitted. Without this check, the slot of the
    // stream would never be freed.
    if (response.destroyed) return;
  }
  if (session === undefined) refuseUnfound(http, sessions);
  else if (!reply.acceptsStream) refuse(reply, 406, 'The Accept header must allow text/event-stream');
  else {
    const place = streams.place(http.caller.payer);
    if (place === null) {
      refuseForNow(response, reply, 'Too many streams are open. Retry later.');
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

async function endSession(http: McpHttpRequest, { sessions, ended }: McpEndpointDeps): Promise<void> {
  const { response } = http;
  let session = sessionOf(http, sessions);
  if (session?.isArriving === true) session = await arrivedSession(http, sessions, session);
  if (sessionIdOf(http.request) === undefined) response.writeHead(405, { allow: 'POST' }).end();
  else if (session === undefined) refuseUnfound(http, sessions);
  else {
    sessions.end(session);
    if (ended !== null) await ended(session);
    response.writeHead(200).end();
  }
}
