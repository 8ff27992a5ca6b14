import { wireRevisionOf } from '../../../mcp/definitions/wire-revision.ts';
import { type JsonObject, MODERN_REVISION, RpcError } from '../../../mcp/json-rpc.ts';
import type { HeldStates } from '../../messages/held-states.ts';
import { writeError } from '../../messages/write-message.ts';
import type { GatewayHost } from '../../protocol/gateway-host.ts';
import { type ModernEnvelope, readEnvelope } from '../../protocol/modern-envelope.ts';
import { discoverResult, listen } from '../../protocol/modern-methods.ts';
import type { ClientNotices } from '../../protocol/notices/client-notices.ts';
import type { ResourceWatches } from '../../protocol/notices/resource-watches.ts';
import type { RequestServer } from '../../protocol/request-server.ts';
import { forwardRetry } from '../../replicas/forward-retry.ts';
import type { ReplicaHop } from '../../replicas/replica-hop.ts';
import type { Shares } from '../../shares.ts';
import { RPC_TRANSPORT } from './refusals.ts';
import { type EraFacts, type McpHttpRequest, RequestLife, type RpcRequest, serveRequest } from './serve-request.ts';

export interface ModernDeps {
  readonly server: RequestServer;
  readonly host: GatewayHost;
  readonly notices: ClientNotices;
  readonly watches: ResourceWatches;
  /** The other replicas of this gateway. Null without a fleet, and for a request that another replica forwarded. */
  readonly replicas: ReplicaHop | null;
  readonly states: HeldStates;
  /** Open notification streams of both protocol generations. */
  readonly streams: Shares;
  /** Aborts when the gateway stops accepting work. */
  readonly draining: AbortSignal;
}

/**
 * Answers a request of the modern protocol (MCP 2026-07-28). Such a request carries all facts about its client. Never
 * rejects.
 */
export async function answerModern(http: McpHttpRequest, message: RpcRequest, deps: ModernDeps): Promise<void> {
  const { id, method, params } = message;
  let envelope: ModernEnvelope;
  try {
    envelope = readEnvelope(method, params, http.request.headers);
  } catch (error) {
    return http.reply.end(writeError(id, error as RpcError), 400);
  }
  const ownerId = deps.replicas === null ? null : deps.states.ownerOf(params.requestState);
  if (deps.replicas !== null && ownerId !== null)
    return await passOn(http, message, ownerId, deps.replicas, deps.server);
  const own: EraFacts['own'] = async (name, _, signal) => {
    if (name === 'server/discover') return discoverResult(http.caller.view.mayServeUi(), deps.host);
    return name === 'subscriptions/listen' ? subscribe(http, message, signal, deps) : null;
  };
  const era = { era: 'modern', revision: wireRevisionOf(MODERN_REVISION) } as const;
  const facts: EraFacts = { ...era, client: http, ask: null, running: null, own, ...envelope };
  await serveRequest(http, message, facts, deps.server);
}

/**
 * Forwards a retry to the replica that holds the call. The retry counts as a running request of this replica, so that a
 * shutdown waits for it.
 */
async function passOn(
  { request, response, reply, caller }: McpHttpRequest,
  message: RpcRequest,
  ownerId: string,
  replicas: ReplicaHop,
  server: RequestServer,
): Promise<void> {
  using _running = server.count();
  const life = new RequestLife(response);
  const { principal, payer } = caller;
  const refuse = (json: string): void => reply.end(json);
  const { signal } = life;
  try {
    await forwardRetry({ message, request, response, principal, payer, signal, refuse }, ownerId, replicas);
  } finally {
    life.release();
  }
}

async function subscribe(
  { reply, caller }: McpHttpRequest,
  { id, params }: RpcRequest,
  gone: AbortSignal,
  deps: ModernDeps,
): Promise<JsonObject> {
  using place = deps.streams.place(caller.payer);
  if (place === null) throw new RpcError(RPC_TRANSPORT, 'Too many streams are open. Retry later.');
  const signal = AbortSignal.any([gone, deps.draining]);
  const send = (method: string, sent: JsonObject): void => void reply.send({ jsonrpc: '2.0', method, params: sent });
  return await listen(params, id, caller.view, { send, signal, principal: caller.principal }, deps);
}
