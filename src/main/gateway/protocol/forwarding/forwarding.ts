import type { CallToolOptions } from '../../../connectors/calls/call-options.ts';
import type { RequestTraffic } from '../../../connectors/connection/connection.ts';
import type { HostSide } from '../../../mcp/host-side.ts';
import { isObject, type JsonObject } from '../../../mcp/json-rpc.ts';
import { ANSWERED, type Exchange, type Outcome } from '../../messages/exchange.ts';
import { isAtLeast } from '../../messages/log-level.ts';
import { withLogger } from '../../messages/log-notice.ts';
import type { CallsUnderWay } from './calls-under-way.ts';
import { HeldCalls, type HeldContext } from './held-calls.ts';

/** What of a request's `_meta` belongs to the hop that it came over, and not to what it asks. */
const OWN_META: ReadonlySet<string> = new Set([
  'progressToken',
  'io.modelcontextprotocol/protocolVersion',
  'io.modelcontextprotocol/clientInfo',
  'io.modelcontextprotocol/clientCapabilities',
  'io.modelcontextprotocol/logLevel',
]);

const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';

/** Sends something to a connector with these options. */
export type Send = (options: CallToolOptions) => Promise<JsonObject>;

/** How a request is taken to a connector. */
export interface Forwarding {
  readonly connectorId: string;
  /** What it is about, for a client that comes back: the method, the name and the arguments. */
  readonly what: () => string;
  readonly exchange: Exchange;
  readonly params: JsonObject;
  readonly send: Send;
  /** Makes a result what clients see. */
  readonly expose: (result: JsonObject) => JsonObject;
  /** As connectors name themselves in log messages; null to leave that as it is. */
  readonly logger: string | null;
  readonly isConnectorModern: () => boolean;
}

export interface ForwardDeps {
  readonly held: HeldCalls;
  readonly calls: CallsUnderWay;
}

/**
 * Takes a request to a connector and everything that belongs to it back: progress, log messages, questions of the connector to the client and a large result as it comes. A client of the
 * modern era that can be asked is answered that input is required, where the connector does not do so itself.
 */
export function forward(forwarding: Forwarding, { held, calls }: ForwardDeps): Promise<Outcome> {
  const { exchange, params, what, isConnectorModern } = forwarding;
  if (HeldCalls.isState(params.requestState))
    return held.resume(params.requestState, what(), params.inputResponses, exchange);
  const isAskable = exchange.ask === null && Object.keys(exchange.capabilities).length > 0;
  if (!isAskable || isConnectorModern())
    return once(forwarding, { signal: exchange.signal, current: () => exchange, ask: refuse }, calls);
  return held.start(exchange, what(), (context) => once(forwarding, context, calls));
}

async function once(forwarding: Forwarding, context: HeldContext, calls: CallsUnderWay): Promise<Outcome> {
  const { connectorId, exchange, params, send, expose, logger, isConnectorModern } = forwarding;
  const { capabilities, ask, era } = exchange;
  // What is asked because of a request ends with it, also where the connector does not wait for the answer.
  using over = new LateAbort();
  const host: HostSide = {
    capabilities,
    answer: ({ method, params: asked, signal }) =>
      (ask ?? context.ask)(method, asked, AbortSignal.any([signal, context.signal, over.signal()])),
  };
  const onNotification = (method: string, notice: JsonObject): void => relay(method, notice, context.current(), logger);
  using _underWay = calls.enter(connectorId, { client: exchange.client, host, notify: onNotification });
  let isHandedOut = false;
  const openLarge: RequestTraffic['onLargeResult'] = (flow) => {
    isHandedOut = true;
    const open = context.current()?.openLarge;
    // Whoever asked for it has gone: it is passed over.
    if (open === null || open === undefined) return { write: () => true };
    // In the modern era every result says of which kind it is; a legacy connector's does not.
    return open(era === 'modern' && !isConnectorModern() ? '"resultType":"complete",' : '', flow);
  };
  const result = await send({
    signal: context.signal,
    params: paramsFor(params, exchange),
    returnsInputRequests: era === 'modern',
    host,
    ...(exchange.openLarge !== null && { onLargeResult: openLarge }),
    ...progressOptions(exchange, context),
    onNotification,
  });
  return isHandedOut ? ANSWERED : expose(result);
}

/** Aborts what was begun under it when it is disposed of. Most requests begin nothing, and pay nothing for it. */
class LateAbort implements Disposable {
  #controller: AbortController | null = null;

  signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    this.#controller?.abort(new Error('The request is over'));
  }
}

/** The parameters besides those that name what is asked for, with the client's own `_meta`. */
function paramsFor(params: JsonObject, { logLevel }: Exchange): JsonObject {
  const { name: _name, arguments: _arguments, uri: _uri, _meta, ...rest } = params;
  const meta = isObject(_meta) ? Object.entries(_meta).filter(([key]) => !OWN_META.has(key)) : [];
  if (logLevel !== null) meta.push([LOG_LEVEL, logLevel]);
  return meta.length === 0 ? rest : { ...rest, _meta: Object.fromEntries(meta) };
}

/** Progress is asked for where the client asked for it, and comes back under the token of whichever request of its waits now. */
function progressOptions(exchange: Exchange, context: HeldContext): Pick<CallToolOptions, 'onProgress'> {
  if (exchange.progressToken === null) return {};
  return {
    onProgress: (_, notice) => {
      const current = context.current();
      if (current === null || current.progressToken === null) return;
      current.notify('notifications/progress', { ...notice, progressToken: current.progressToken });
    },
  };
}

/** What a connector may say about a request; anything else would be its word to the gateway. */
const RELAYED: ReadonlySet<string> = new Set(['notifications/message', 'notifications/elicitation/complete']);

function relay(method: string, notice: JsonObject, exchange: Exchange | null, logger: string | null): void {
  if (exchange === null || !RELAYED.has(method)) return;
  if (method !== 'notifications/message') {
    exchange.notify(method, notice);
    return;
  }
  // A modern client says with each request whether it wants any (MCP 2026-07-28, logging).
  const least = exchange.logLevel ?? (exchange.era === 'legacy' ? 'debug' : null);
  if (least !== null && isAtLeast(notice.level, least)) exchange.notify(method, withLogger(notice, logger));
}

function refuse(): Promise<never> {
  return Promise.reject(new Error('This client cannot be asked'));
}
