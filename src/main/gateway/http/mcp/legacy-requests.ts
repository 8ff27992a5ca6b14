import type { IncomingMessage } from 'node:http';
import { wireRevisionOf } from '../../../mcp/definitions/wire-revision.ts';
import { LEGACY_REVISIONS, type RpcError } from '../../../mcp/json-rpc.ts';
import { serveTraced } from '../../../observability/telemetry/server-operation.ts';
import { clientNameOf, servedCapabilities, serverCapabilities } from '../../messages/capabilities.ts';
import type { AskClient, Exchange, RequestId } from '../../messages/exchange.ts';
import { headerWord } from '../../messages/header-word.ts';
import { RPC_INVALID_REQUEST } from '../../messages/rpc-errors.ts';
import { writeError, writeResult } from '../../messages/write-message.ts';
import type { GatewayHost } from '../../protocol/gateway-host.ts';
import {
  agreedRevision,
  initializeResult,
  legacyMethod,
  type LegacyDeps as MethodDeps,
  sessionlessMethod,
} from '../../protocol/legacy-methods.ts';
import type { ClientNotices } from '../../protocol/notices/client-notices.ts';
import type { ClientSession } from '../../protocol/notices/client-session.ts';
import type { RequestServer } from '../../protocol/request-server.ts';
import { servedMessage } from '../../protocol/request-telemetry.ts';
import type { HttpSession } from './http-session.ts';
import { refuse, refuseForNow, refuseSession } from './refusals.ts';
import { type EraFacts, type McpHttpRequest, type RpcRequest, serveRequest } from './serve-request.ts';
import type { SessionTable } from './session-table.ts';

export interface LegacyDeps extends MethodDeps {
  readonly server: RequestServer;
  readonly host: GatewayHost;
  readonly notices: ClientNotices;
  readonly sessions: SessionTable;
  /** Whether clients get sessions. */
  readonly hasSessions: boolean;
}

/** Returns the session whose id is in a request, if the session belongs to the sender of the request. */
export function sessionOf({ request, caller }: McpHttpRequest, sessions: SessionTable): HttpSession | undefined {
  return sessions.find(sessionIdOf(request), caller.principal, caller.view, caller.payer);
}

/**
 * Waits until the state of a request's session has arrived from the other replicas, and returns the session. Undefined
 * if the session has ended by then.
 */
export async function arrivedSession(
  http: McpHttpRequest,
  sessions: SessionTable,
  { arriving }: HttpSession,
): Promise<HttpSession | undefined> {
  await arriving;
  return sessionOf(http, sessions);
}

/** Refuses a request with a session id for which {@link sessionOf} finds no session. */
export function refuseUnfound(http: McpHttpRequest, sessions: SessionTable, id?: RequestId): void {
  const { request, response, reply, caller } = http;
  if (sessions.lacksRoomFor(sessionIdOf(request), caller.principal, caller.view))
    refuseForNow(response, reply, 'Too many sessions are open. Retry later.', id);
  else refuseSession(reply, id);
}

/** Returns the session id in the headers of a request; undefined if the request has no such header. */
export function sessionIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  return headerWord(headers, 'Mcp-Session-Id');
}

/**
 * Answers a request of the legacy protocol (MCP 2025-11-25 and older). Without a session the gateway knows nothing
 * about the client, and can send it no server requests. Never rejects.
 */
export async function answerLegacy(http: McpHttpRequest, message: RpcRequest, deps: LegacyDeps): Promise<void> {
  const { request, reply } = http;
  const { id, method } = message;
  const revision = headerWord(request.headers, 'MCP-Protocol-Version');
  if (method === 'initialize') return initialize(http, message, deps);
  if (revision !== undefined && !LEGACY_REVISIONS.includes(revision))
    return refuse(reply, 400, 'This MCP revision is not supported', RPC_INVALID_REQUEST, id);
  let session = sessionOf(http, deps.sessions);
  if (session?.isArriving === true) {
    session = await arrivedSession(http, deps.sessions, session);
    // If the client disconnected during the wait, `close` has already been emitted, and nothing below would notice the
    // disconnect.
    if (http.response.destroyed) return;
  }
  if (session === undefined && sessionIdOf(request) !== undefined) return refuseUnfound(http, deps.sessions, id);
  const client = session?.client;
  if (client?.running.has(id) === true)
    return refuse(reply, 400, 'A request with this id is already running', RPC_INVALID_REQUEST, id);
  const own: EraFacts['own'] = async (name, params, signal) => {
    if (client !== undefined) return legacyMethod(name, params, client, { ...deps, signal });
    return sessionlessMethod(name);
  };
  const ask = client === undefined ? null : askOver(http, client);
  const capabilities = servedCapabilities(client?.capabilities, ask !== null);
  await serveRequest(
    http,
    message,
    {
      ...{ era: 'legacy', client: client ?? http, session: client ?? null, capabilities, ask, own },
      revision: wireRevisionOf(client?.revision ?? revision ?? null),
      ...{ logLevel: client?.logLevel ?? null, running: client?.running ?? null },
      clientName: client?.clientName ?? null,
      tell: client === undefined ? null : (name, params) => client.send(name, params),
    },
    deps.server,
  );
  if (session !== undefined) deps.sessions.touch(session);
}

/**
 * Returns a function that sends server requests over the stream of the related client request; null if the client
 * accepts no stream.
 */
function askOver({ reply }: McpHttpRequest, client: ClientSession): AskClient | null {
  if (!reply.acceptsStream) return null;
  return (method, params, signal) => client.ask(method, params, signal, (message) => reply.send(message));
}

async function initialize(
  { request, reply, response, caller }: McpHttpRequest,
  message: RpcRequest,
  deps: LegacyDeps,
): Promise<void> {
  const { id, params } = message;
  let session: Exchange['session'] = null;
  const open = async (): Promise<void> => {
    const revision = agreedRevision(params);
    session = { id: null, revision };
    if (deps.hasSessions) {
      const capabilities = servedCapabilities(params.capabilities);
      const clientName = clientNameOf(params.clientInfo);
      const opened = deps.sessions.open({ ...caller, revision, capabilities, clientName });
      if (opened === null) {
        refuseForNow(response, reply, 'Too many sessions are open. Retry later.', id);
        return;
      }
      session = opened.client;
      response.setHeader('mcp-session-id', opened.client.id);
      deps.notices.add(opened.client);
    }
    const capabilities = serverCapabilities({ hasNotices: deps.hasSessions, servesUi: caller.view.mayServeUi() });
    reply.end(writeResult(id, initializeResult(revision, capabilities, deps.host), 'legacy'));
  };
  const served = servedMessage(message, request.headers, () => session);
  await serveTraced(served, open).catch((error: unknown) => reply.end(writeError(id, error as RpcError)));
}
