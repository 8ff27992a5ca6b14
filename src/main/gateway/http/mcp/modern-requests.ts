import { wireRevisionOf } from '../../../mcp/definitions/wire-revision.ts';
import { type JsonObject, MODERN_REVISION, RpcError } from '../../../mcp/json-rpc.ts';
import { writeError } from '../../messages/write-message.ts';
import type { GatewayHost } from '../../protocol/gateway-host.ts';
import { type ModernEnvelope, readEnvelope } from '../../protocol/modern-envelope.ts';
import { discoverResult, listen } from '../../protocol/modern-methods.ts';
import type { ClientNotices } from '../../protocol/notices/client-notices.ts';
import type { ResourceWatches } from '../../protocol/notices/resource-watches.ts';
import type { RequestServer } from '../../protocol/request-server.ts';
import type { Shares } from '../../shares.ts';
import { RPC_TRANSPORT } from './refusals.ts';
import { type EraFacts, type McpHttpRequest, type RpcRequest, serveRequest } from './serve-request.ts';

export interface ModernDeps {
  readonly server: RequestServer;
  readonly host: GatewayHost;
  readonly notices: ClientNotices;
  readonly watches: ResourceWatches;
  /** The streams of notices that are open, of both eras. */
  readonly streams: Shares;
  /** Aborts when the gateway takes no new work. */
  readonly draining: AbortSignal;
}

/**
 * Answers a request of the modern era (MCP 2026-07-28). Such a request says everything about its client itself. Never
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
  const own: EraFacts['own'] = async (name, _, signal) => {
    if (name === 'server/discover') return discoverResult(http.caller.view, deps.host);
    return name === 'subscriptions/listen' ? subscribe(http, message, signal, deps) : null;
  };
  const era = { era: 'modern', revision: wireRevisionOf(MODERN_REVISION) } as const;
  const facts: EraFacts = { ...era, client: http, ask: null, running: null, own, ...envelope };
  await serveRequest(http, message, facts, deps.server);
}

async function subscribe(
  { reply, caller }: McpHttpRequest,
  { id, params }: RpcRequest,
  gone: AbortSignal,
  deps: ModernDeps,
): Promise<JsonObject> {
  using place = deps.streams.place(caller.payer);
  if (place === null) throw new RpcError(RPC_TRANSPORT, 'There are too many streams');
  const signal = AbortSignal.any([gone, deps.draining]);
  const send = (method: string, sent: JsonObject): void => void reply.send({ jsonrpc: '2.0', method, params: sent });
  return await listen(params, id, caller.view, { send, signal, principal: caller.principal }, deps);
}
