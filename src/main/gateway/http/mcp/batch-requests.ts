import type { IncomingHttpHeaders } from 'node:http';
import { type Incoming, type JsonObject, RpcError } from '../../../mcp/json-rpc.ts';
import { serveTraced } from '../../../observability/telemetry/server-operation.ts';
import { asClientMessage, idOf } from '../../messages/client-message.ts';
import { headerWord } from '../../messages/header-word.ts';
import { askerOf } from '../../messages/question-ids.ts';
import { RPC_INVALID_REQUEST } from '../../messages/rpc-errors.ts';
import { writeError } from '../../messages/write-message.ts';
import { ASSUMED_REVISION, batchFault, misplaced } from '../../protocol/batch.ts';
import type { ClientSession } from '../../protocol/notices/client-session.ts';
import { servedMessage } from '../../protocol/request-telemetry.ts';
import type { ReplicaHop } from '../../replicas/replica-hop.ts';
import { hopSessionOf } from '../../replicas/sessions/shared-session.ts';
import { BatchReply } from './batch-reply.ts';
import { arrivedSession, refuseUnfound, sessionIdOf, sessionOf } from './legacy-requests.ts';
import { refuse, refuseSession } from './refusals.ts';
import type { HttpReply } from './reply.ts';
import type { McpHttpRequest, RpcRequest } from './serve-request.ts';
import type { SessionTable } from './session-table.ts';

/** The HTTP request that carried a batch. */
interface BatchHttpRequest extends McpHttpRequest {
  readonly reply: HttpReply;
}

/** Serves one request of a batch, with the limits that every request has. Never rejects. */
export type ServeOne = (http: McpHttpRequest, message: RpcRequest) => Promise<void>;

/** Number of event listeners on a response, in addition to one listener for each request of a batch. */
const OTHER_LISTENERS = 10;

/**
 * Answers a batch from a client that uses revision 2025-03-26 or older (MCP 2025-03-26, Streamable HTTP). The requests
 * run in parallel, and each gets its own response, even if it fails. Never rejects.
 */
export async function answerBatch(
  http: BatchHttpRequest,
  values: readonly unknown[],
  { sessions, replicas }: QuietDeps & { readonly sessions: SessionTable },
  serveOne: ServeOne,
): Promise<void> {
  const { request, response, reply } = http;
  let session = sessionOf(http, sessions);
  if (session?.isArriving === true) session = await arrivedSession(http, sessions, session);
  const client = session?.client;
  if (client === undefined && sessionIdOf(request) !== undefined) return refuseUnfound(http, sessions);
  const revision = client?.revision ?? headerWord(request.headers, 'MCP-Protocol-Version') ?? ASSUMED_REVISION;
  const fault = batchFault(values, revision);
  if (fault !== null) return refuse(reply, 400, fault, RPC_INVALID_REQUEST);
  const messages = values.map((value) => ({ value, message: asClientMessage(value) }));
  const isAnswered = ({ message }: { readonly message: Incoming }): boolean => isAnswer(message);
  if (client === undefined && messages.some(isAnswered)) return refuseSession(reply);
  if (messages.every(({ message }) => message.kind === 'notification' || isAnswer(message))) {
    for (const { value, message } of messages) await takeQuietly(request.headers, client, message, value, replicas);
    response.writeHead(202).end();
    return;
  }
  response.setMaxListeners(values.length + OTHER_LISTENERS);
  const batch = new BatchReply(reply);
  reply.beginInTime();
  const answering = messages.map(async ({ value, message }) => {
    const place = batch.place(idOf(value));
    if (message.kind === 'request') {
      const why = misplaced(message);
      if (why === null) await serveOne({ ...http, reply: place }, message);
      else place.end(writeError(message.id, new RpcError(RPC_INVALID_REQUEST, why)));
    } else if (message.kind === 'junk') {
      place.end(writeError(idOf(value), new RpcError(RPC_INVALID_REQUEST, 'This is not a JSON-RPC 2.0 message')));
    } else await takeQuietly(request.headers, client, message, value, replicas);
  });
  await Promise.all(answering);
  batch.end();
}

export interface QuietDeps {
  /** The other replicas of this gateway; null without a fleet. */
  readonly replicas: ReplicaHop | null;
}

/**
 * Handles a message that needs no response. If it concerns work of another replica, it is forwarded to that replica. A
 * client's response is dropped if it matches no server request, or if that server request has already ended. Never
 * rejects.
 */
export async function takeQuietly(
  headers: IncomingHttpHeaders,
  client: ClientSession | undefined,
  message: Incoming,
  value: unknown,
  replicas: ReplicaHop | null,
): Promise<void> {
  if (message.kind === 'notification') {
    await serveTraced(
      servedMessage(message, headers, () => client),
      async () => {
        if (message.method === 'notifications/cancelled') cancel(client, message.params.requestId, replicas);
      },
    );
  } else if (isAnswer(message) && client?.take(message.id, value as JsonObject) === false) {
    const askerId = askerOf(message.id);
    if (replicas !== null && askerId !== null && askerId !== replicas.hostId)
      await replicas.answer(hopSessionOf({ client }), askerId, value as JsonObject);
  }
}

/**
 * Cancels a request. If this replica does not serve it, all other replicas are asked to cancel it. They are asked even
 * if the request has just ended, because asking costs little.
 */
function cancel(client: ClientSession | undefined, requestId: unknown, replicas: ReplicaHop | null): void {
  if (client === undefined || client.cancel(requestId) || replicas === null) return;
  if (typeof requestId === 'string' || typeof requestId === 'number')
    replicas.cancelled(hopSessionOf({ client }), requestId);
}

function isAnswer(message: Incoming): message is Extract<Incoming, { readonly kind: 'result' | 'error' }> {
  return message.kind === 'result' || message.kind === 'error';
}
