import { LateSignal, signalOf } from '../../../../shared/cancellation.ts';
import { monotonicMs } from '../../../../shared/clock.ts';
import type { CallToolOptions } from '../../../connectors/calls/call-options.ts';
import type { RequestTraffic } from '../../../connectors/connection/connection.ts';
import type { ConnectorProxyManager } from '../../../manager/connector-proxy-manager.ts';
import { answeredMethods, type HostSide } from '../../../mcp/host-side.ts';
import { isObject, type JsonObject } from '../../../mcp/json-rpc.ts';
import { keepTrace } from '../../../observability/telemetry/current-trace.ts';
import { TRACE_FIELDS } from '../../../observability/telemetry/trace-context.ts';
import type { CallLatencies } from '../../call-latencies.ts';
import { assertMode } from '../../messages/capabilities.ts';
import { ANSWERED, type Exchange, type Forwarded } from '../../messages/exchange.ts';
import { isAtLeast, withLogger } from '../../messages/log-message.ts';
import { namedQuestion, withNamedElicitations, withNamedQuestions } from '../../messages/named-questions.ts';
import type { CallsUnderWay } from './calls-under-way.ts';
import type { HeldContext } from './held-calls.ts';

/** `_meta` keys that are hop-by-hop and must not be forwarded. */
const HOP_META: ReadonlySet<string> = new Set([
  // The forwarded request names the gateway's own span as its parent, not the client's span (SEP-414).
  ...TRACE_FIELDS,
  'progressToken',
  'io.modelcontextprotocol/protocolVersion',
  'io.modelcontextprotocol/clientInfo',
  'io.modelcontextprotocol/clientCapabilities',
  'io.modelcontextprotocol/logLevel',
]);

const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';

/** Request for a connector: a tool call, or any other request. */
export type Target =
  | { readonly kind: 'tool'; readonly id: string; readonly args: JsonObject }
  | { readonly kind: 'request'; readonly method: string; readonly own: JsonObject };

/** A client's request and the connector that it goes to. */
export interface Forwarding {
  readonly connectorId: string;
  readonly target: Target;
  readonly exchange: Exchange;
  /** Parameters in the client's form. */
  readonly params: JsonObject;
  /** Logger name to add to log messages of the connector; null to leave the messages unchanged. */
  readonly logger: string | null;
  /** Whether the result is needed as a whole, so that a large result is not streamed. */
  readonly isWhole: boolean;
}

export interface ConnectorRequestDeps {
  readonly manager: ConnectorProxyManager;
  readonly calls: CallsUnderWay;
  readonly latencies: CallLatencies;
}

/**
 * Prepares a request to a connector. The returned function sends it and relays everything that belongs to it: progress,
 * log messages, server requests to the client, and a large result while it arrives. It rejects as the manager does.
 */
export function connectorRequest(
  forwarding: Forwarding,
  deps: ConnectorRequestDeps,
): (context: HeldContext) => Promise<Forwarded> {
  return async (context) => {
    const { connectorId, exchange, params, logger, target } = forwarding;
    const { capabilities, ask, era } = exchange;
    // A server request ends when the request that caused it ends, even if the connector does not wait for the response.
    const over = new LateSignal();
    // A server request may arrive over a stream that other requests share, so the trace of this request is captured
    // here.
    const inTrace = keepTrace();
    const host: HostSide = {
      capabilities,
      async answer({ method, params: asked, signal }) {
        assertMode(method, asked, capabilities);
        const named = namedQuestion(connectorId, method, asked);
        const until = AbortSignal.any([signal, signalOf(context.signal), over.signal]);
        return await inTrace(() => (ask ?? context.ask)(method, named, until));
      },
    };
    const onNotification = (method: string, notice: JsonObject): void =>
      relay(method, notice, context.current(), logger);
    using _underWay = deps.calls.enter(connectorId, { client: exchange.client, host, notify: onNotification });
    let isHandedOut = false;
    const openLarge: RequestTraffic['onLargeResult'] = (flow) => {
      isHandedOut = true;
      const open = context.current()?.openLarge;
      // The client has disconnected, so the result is discarded.
      if (open === null || open === undefined) return { write: () => true };
      // Every result of the modern protocol must name its type, but a legacy connector sends no type. The protocol is
      // checked here, because the connector may not have been connected when the request was forwarded.
      const isLegacyConnector = !isModern(connectorId, deps);
      return open(era === 'modern' && isLegacyConnector ? '"resultType":"complete",' : '', flow);
    };
    // A result that requests input is changed before it is passed on, so it is needed as a whole.
    const mayAsk = era === 'modern' && answeredMethods(host).length > 0 && !isLegacy(connectorId, deps);
    const isWhole = forwarding.isWhole || mayAsk;
    const result = await send(forwarding, deps, {
      signal: context.signal,
      params: paramsFor(params, exchange, target),
      returnsInputRequests: era === 'modern',
      host,
      ...(exchange.openLarge !== null && !isWhole && { onLargeResult: openLarge }),
      ...progressOptions(exchange, context),
      onNotification,
    }).catch((error: unknown) => {
      throw withNamedElicitations(connectorId, error);
    });
    return isHandedOut ? ANSWERED : withNamedQuestions(connectorId, result);
  };
}

/** True if a connector is known to use the modern protocol; false while it is not connected. */
export function isModern(connectorId: string, { manager }: Pick<ConnectorRequestDeps, 'manager'>): boolean {
  return manager.facts(connectorId)?.era === 'modern';
}

function isLegacy(connectorId: string, { manager }: Pick<ConnectorRequestDeps, 'manager'>): boolean {
  return manager.facts(connectorId)?.era === 'legacy';
}

/** Calls the manager, and records the duration of a tool call. */
async function send(
  { connectorId, target }: Forwarding,
  { manager, latencies }: ConnectorRequestDeps,
  options: CallToolOptions,
): Promise<JsonObject> {
  if (target.kind === 'request') {
    const { params, ...rest } = options;
    return await manager.request(connectorId, target.method, { ...params, ...target.own }, rest);
  }
  const startedMs = monotonicMs();
  try {
    const result = (await manager.callTool(target.id, target.args, options)) as JsonObject;
    latencies.record(connectorId, monotonicMs() - startedMs, true);
    return result;
  } catch (error) {
    latencies.record(connectorId, monotonicMs() - startedMs, false);
    throw error;
  }
}

/**
 * Returns the request's parameters, without the fields that name its subject (name, arguments, URI) and without
 * hop-by-hop `_meta` keys. A tool call is never sent as a task, because the client could not query the task through the
 * gateway. A receiver that does not declare tasks would ignore `task` (MCP 2025-11-25, tasks).
 */
function paramsFor(params: JsonObject, { logLevel }: Exchange, { kind }: Target): JsonObject {
  const { name: _name, arguments: _arguments, uri: _uri, _meta, task, ...others } = params;
  const rest = kind === 'tool' || task === undefined ? others : { ...others, task };
  const meta = isObject(_meta) ? Object.entries(_meta).filter(([key]) => !HOP_META.has(key)) : [];
  if (logLevel !== null) meta.push([LOG_LEVEL, logLevel]);
  return meta.length === 0 ? rest : { ...rest, _meta: Object.fromEntries(meta) };
}

/**
 * Requests progress notifications if the client requested them. Progress is passed on under the token of the client's
 * current request.
 */
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

/** Notifications of a connector that are passed on to the client of a request. All others are meant for the gateway. */
const RELAYED: ReadonlySet<string> = new Set(['notifications/message', 'notifications/elicitation/complete']);

function relay(method: string, notice: JsonObject, exchange: Exchange | null, logger: string | null): void {
  if (exchange === null || !RELAYED.has(method)) return;
  if (method !== 'notifications/message') {
    exchange.notify(method, notice);
    return;
  }
  // A modern client states in each request whether it wants log messages (MCP 2026-07-28, logging).
  const least = exchange.logLevel ?? (exchange.era === 'legacy' ? 'debug' : null);
  if (least !== null && isAtLeast(notice.level, least)) exchange.notify(method, withLogger(notice, logger));
}
