import { type JsonObject, RpcError } from '../../../mcp/json-rpc.ts';
import { progressTokenOf } from '../../messages/exchange.ts';
import { writeError } from '../../messages/write-message.ts';
import { type ModernEnvelope, readEnvelope } from '../../protocol/modern-envelope.ts';
import { discoverResult, listen } from '../../protocol/modern-methods.ts';
import type { Notices } from '../../protocol/notices/notices.ts';
import type { ResourceWatches } from '../../protocol/notices/resource-watches.ts';
import {
  answer,
  exchangeOf,
  type HttpRequest,
  isTurnedAway,
  lifeOf,
  type RpcRequest,
  type ServeDeps,
} from './http-request.ts';
import { RPC_TRANSPORT } from './refusals.ts';
import type { StreamLimit } from './stream-limit.ts';

export interface ModernDeps extends ServeDeps {
  readonly notices: Notices;
  readonly watches: ResourceWatches;
  readonly streams: StreamLimit;
}

/** Answers a request of the modern era, which carries all there is to know of its client (MCP 2026-07-28). Never rejects. */
export async function answerModern(http: HttpRequest, message: RpcRequest, deps: ModernDeps): Promise<void> {
  const { id, method, params } = message;
  let envelope: ModernEnvelope;
  try {
    envelope = readEnvelope(method, params, http.headers);
  } catch (error) {
    return http.reply.end(writeError(id, error as RpcError), 400);
  }
  if (isTurnedAway(http, id, deps)) return;
  using life = lifeOf(http.response);
  const { signal } = life.controller;
  const exchange = exchangeOf(http, {
    era: 'modern',
    id,
    client: http,
    signal,
    ask: null,
    progressToken: progressTokenOf(params),
    ...envelope,
  });
  const own = async (name: string): Promise<JsonObject | null> => {
    if (name === 'server/discover') return discoverResult(deps.host);
    return name === 'subscriptions/listen' ? subscribe(http, message, signal, deps) : null;
  };
  await answer(http, message, exchange, own, deps);
}

async function subscribe(
  { reply, caller }: HttpRequest,
  { id, params }: RpcRequest,
  gone: AbortSignal,
  deps: ModernDeps,
): Promise<JsonObject> {
  using place = deps.streams.take();
  if (place === null) throw new RpcError(RPC_TRANSPORT, 'There are too many streams');
  const signal = AbortSignal.any([gone, deps.draining]);
  const send = (method: string, sent: JsonObject): void => void reply.send({ jsonrpc: '2.0', method, params: sent });
  return await listen(params, id, caller.view, { send, signal }, deps);
}
