import { isObject, type JsonObject, LEGACY_REVISIONS, type RpcError } from '../../../mcp/json-rpc.ts';
import { type AskClient, progressTokenOf } from '../../messages/exchange.ts';
import { RPC_INVALID_REQUEST } from '../../messages/rpc-errors.ts';
import { writeError, writeResult } from '../../messages/write-message.ts';
import {
  agreedRevision,
  initializeResult,
  legacyMethod,
  type LegacyDeps as MethodDeps,
} from '../../protocol/legacy-methods.ts';
import type { ClientSession } from '../../protocol/notices/client-session.ts';
import type { Notices } from '../../protocol/notices/notices.ts';
import {
  answer,
  exchangeOf,
  type HttpRequest,
  isTurnedAway,
  lifeOf,
  type RpcRequest,
  type ServeDeps,
} from './http-request.ts';
import type { HttpSession } from './http-session.ts';
import { refuse, refuseForNow, refuseSession } from './refusals.ts';
import type { SessionTable } from './session-table.ts';

export interface LegacyDeps extends ServeDeps, MethodDeps {
  readonly notices: Notices;
  readonly sessions: SessionTable;
  /** Whether clients get sessions. */
  readonly hasSessions: boolean;
}

/** The session that a request names, if it is its sender's. */
export function sessionOf({ headers, caller }: HttpRequest, sessions: SessionTable): HttpSession | undefined {
  return sessions.find(headers['mcp-session-id'], caller.principal, caller.view);
}

/**
 * Answers a request of the legacy era (MCP 2025-11-25 and before): of a session, or without one, where nothing is known of the client and it cannot be asked. Never rejects.
 */
export async function answerLegacy(http: HttpRequest, message: RpcRequest, deps: LegacyDeps): Promise<void> {
  const { headers, reply, response } = http;
  const { id, method, params } = message;
  const revision = headers['mcp-protocol-version'];
  if (method !== 'initialize' && revision !== undefined && !LEGACY_REVISIONS.includes(String(revision)))
    return refuse(reply, 400, 'This revision of MCP is not spoken here', RPC_INVALID_REQUEST, id);
  if (isTurnedAway(http, id, deps)) return;
  if (method === 'initialize') return initialize(http, message, deps);
  const session = sessionOf(http, deps.sessions);
  if (session === undefined && headers['mcp-session-id'] !== undefined) return refuseSession(reply, id);
  const client = session?.client;
  if (client?.running.has(id) === true) return refuse(reply, 400, 'This id is in use', RPC_INVALID_REQUEST, id);
  using life = lifeOf(response);
  client?.running.set(id, life.controller);
  const ask = client === undefined ? null : askOver(http, client);
  const exchange = exchangeOf(http, {
    ...{ era: 'legacy', id, ask, client: client ?? http, progressToken: progressTokenOf(params) },
    signal: life.controller.signal,
    capabilities: ask === null ? {} : (client?.capabilities ?? {}),
    logLevel: client?.logLevel ?? null,
  });
  const own = async (name: string, params: JsonObject): Promise<JsonObject | null> => {
    if (client !== undefined) return legacyMethod(name, params, client, { ...deps, signal: life.controller.signal });
    return name === 'ping' || name === 'logging/setLevel' ? {} : null;
  };
  try {
    await answer(http, message, exchange, own, deps);
  } finally {
    client?.running.delete(id);
    session?.touch();
  }
}

/** Asks over the stream of the request that it is about; null for a client that takes no stream. */
function askOver({ reply }: HttpRequest, client: ClientSession): AskClient | null {
  if (!reply.acceptsStream) return null;
  return (method, params, signal) => client.ask(method, params, signal, (message) => reply.send(message));
}

function initialize({ reply, response, caller }: HttpRequest, { id, params }: RpcRequest, deps: LegacyDeps): void {
  try {
    const revision = agreedRevision(params);
    if (deps.hasSessions) {
      const capabilities = isObject(params.capabilities) ? params.capabilities : {};
      const session = deps.sessions.open({ ...caller, revision, capabilities });
      if (session === null) {
        refuseForNow(response, reply, 'There are too many sessions', id);
        return;
      }
      response.setHeader('mcp-session-id', session.client.id);
      deps.notices.add(session.client);
    }
    reply.end(writeResult(id, initializeResult(revision, deps.host), 'legacy'));
  } catch (error) {
    reply.end(writeError(id, error as RpcError));
  }
}
