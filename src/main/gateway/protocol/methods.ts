import { monotonicMs } from '../../../shared/clock.ts';
import type { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import { isObject, type JsonObject, RpcError } from '../../mcp/json-rpc.ts';
import type { CallLatencies } from '../call-latencies.ts';
import type { Page } from '../catalog/pages.ts';
import type { View } from '../catalog/view.ts';
import { type Exchange, type Outcome, PreparedResult } from '../messages/exchange.ts';
import { invalidParams, resourceNotFound } from '../messages/rpc-errors.ts';
import { exposePromptResult, exposeReadResult, exposeToolResult } from './forwarding/content-uris.ts';
import { type ForwardDeps, type Forwarding, forward, type Send } from './forwarding/forwarding.ts';
import { checkParamHeaders } from './param-headers.ts';

export interface MethodDeps extends ForwardDeps {
  readonly manager: ConnectorProxyManager;
  readonly latencies: CallLatencies;
  /** Resolves once there is something to list, or nothing to wait for. */
  readonly settled: () => Promise<void>;
  /** For how long lists hold, as far as the gateway can tell. */
  readonly ttlMs: () => number;
}

export type Method = (params: JsonObject, exchange: Exchange, view: View) => Promise<Outcome>;

/** The methods that both eras have, by name. Each rejects with an RpcError, or with a coded error that becomes one. */
export function createMethods(deps: MethodDeps): ReadonlyMap<string, Method> {
  const { manager, latencies } = deps;
  const listed =
    (member: string, feature: 'prompts' | 'resources' | 'templates'): Method =>
    async ({ cursor }, { era }, { features }) => {
      await deps.settled();
      return listResult(member, features.page(feature, cursor), freshness(era, deps.ttlMs()));
    };
  const request = (
    connectorId: string,
    method: string,
    own: JsonObject,
    rest: Pick<Forwarding, 'exchange' | 'params' | 'expose'> & { readonly view: View },
  ): Promise<Outcome> => {
    const send: Send = ({ params, ...options }) => manager.request(connectorId, method, { ...params, ...own }, options);
    const what = (): string => `${method} ${JSON.stringify(own)}`;
    return forward(forwardingOf(connectorId, what, { ...rest, send }), deps);
  };
  const forwardingOf = (
    connectorId: string,
    what: () => string,
    { view, ...rest }: Pick<Forwarding, 'exchange' | 'params' | 'expose' | 'send'> & { readonly view: View },
  ): Forwarding => ({
    ...rest,
    connectorId,
    what: () => `${view.route.name} ${connectorId} ${what()}`,
    logger: view.route.connectorId === null ? connectorId : null,
    isConnectorModern: () => manager.facts(connectorId)?.era === 'modern',
  });

  const listTools: Method = async ({ cursor }, { era }, { tools }) => {
    await deps.settled();
    return listResult('tools', tools.page(cursor), freshness(era, deps.ttlMs()));
  };

  const callTool: Method = async (params, exchange, view) => {
    const { name, arguments: args = {} } = params;
    if (typeof name !== 'string') throw invalidParams('The name of a tool is missing');
    if (!isObject(args)) throw invalidParams('The arguments of a tool are an object');
    const known = view.tools.resolve(name);
    // In the first moment of a cold start nobody knows yet what there is.
    if (known === null || manager.tool(known) === undefined) await deps.settled();
    const id = known ?? view.tools.resolve(name);
    if (id === null) throw invalidParams(`Unknown tool: ${name.slice(0, 200)}`);
    const tool = manager.tool(id);
    if (tool !== undefined && exchange.era === 'modern' && exchange.headers !== null)
      checkParamHeaders(exchange.headers, tool.definition, args);
    const connectorId = tool?.connectorId ?? view.route.split(name)?.connectorId ?? '';
    const startedMs = monotonicMs();
    const send: Send = async (options) => {
      try {
        const result = (await manager.callTool(id, args, options)) as JsonObject;
        latencies.record(connectorId, monotonicMs() - startedMs, true);
        return result;
      } catch (error) {
        latencies.record(connectorId, monotonicMs() - startedMs, false);
        throw error;
      }
    };
    const expose = (result: JsonObject): JsonObject =>
      exposeToolResult(result, (uri) => view.route.exposeUri(connectorId, uri));
    // A client that comes back with what it was asked for says the same again.
    const what = (): string => `tools/call ${id} ${JSON.stringify(args)}`;
    return forward(forwardingOf(connectorId, what, { exchange, params, expose, send, view }), deps);
  };

  const getPrompt: Method = async (params, exchange, view) => {
    const { name, arguments: args } = params;
    await deps.settled();
    const found = typeof name === 'string' ? view.features.prompt(name) : null;
    if (found === null || !manager.has(found.connectorId))
      throw invalidParams(`Unknown prompt: ${String(name).slice(0, 200)}`);
    const { connectorId } = found;
    const own = { name: found.name, ...(args !== undefined && { arguments: args }) };
    const expose = (result: JsonObject): JsonObject =>
      exposePromptResult(result, (uri) => view.route.exposeUri(connectorId, uri));
    return request(connectorId, 'prompts/get', own, { exchange, params, expose, view });
  };

  const readResource: Method = async (params, exchange, view) => {
    const { uri } = params;
    await deps.settled();
    if (typeof uri !== 'string') throw invalidParams('The URI of a resource is missing');
    const found = view.features.resource(uri);
    if (found === null || !manager.has(found.connectorId)) throw resourceNotFound(uri, exchange.era);
    const { connectorId } = found;
    const expose = (result: JsonObject): JsonObject => {
      const exposed = exposeReadResult(result, (own) => view.route.exposeUri(connectorId, own));
      if (exposed.resultType === 'input_required') return exposed;
      // A connector's own word counts; a legacy one has none.
      if (exchange.era === 'modern') return { ...freshness(exchange.era, 0), ...exposed };
      const { ttlMs: _ttlMs, cacheScope: _cacheScope, ...rest } = exposed;
      return rest;
    };
    try {
      return await request(connectorId, 'resources/read', { uri: found.uri }, { exchange, params, expose, view });
    } catch (error) {
      throw withExposedUri(error, found.uri, uri);
    }
  };

  const complete: Method = async (params, exchange, view) => {
    const { ref, argument, context } = params;
    await deps.settled();
    const found = isObject(ref) ? view.features.reference(ref) : null;
    if (found === null) throw invalidParams('The reference is to no prompt and no resource template of this server');
    const own = { ref: found.ref, argument, ...(context !== undefined && { context }) };
    const rest = { exchange, params, expose: (result: JsonObject) => result, view };
    return request(found.connectorId, 'completion/complete', own, rest);
  };

  return new Map([
    ['tools/list', listTools],
    ['tools/call', callTool],
    ['prompts/list', listed('prompts', 'prompts')],
    ['prompts/get', getPrompt],
    ['resources/list', listed('resources', 'resources')],
    ['resources/templates/list', listed('resourceTemplates', 'templates')],
    ['resources/read', readResource],
    ['completion/complete', complete],
  ]);
}

/** A list as a result, without its entries being read again. */
function listResult(member: string, { json, nextCursor }: Page, more: JsonObject): PreparedResult {
  const rest = JSON.stringify({ nextCursor, ...more }).slice(1);
  return new PreparedResult(`{"${member}":[${json}]${rest === '}' ? rest : `,${rest}`}`);
}

/**
 * How long a list holds, where the era has that (MCP 2026-07-28, caching). Lists are a gateway's view for those who may reach it, put together with its operator's credentials: never
 * for caches that others share.
 */
function freshness(era: 'legacy' | 'modern', ttlMs: number): JsonObject {
  return era === 'modern' ? { ttlMs, cacheScope: 'private' } : {};
}

/** An error that names a resource as its connector calls it, as the client does. */
function withExposedUri(error: unknown, own: string, exposed: string): unknown {
  const cause = error instanceof Error && error.cause instanceof RpcError ? error.cause : null;
  if (cause === null || !isObject(cause.data) || cause.data.uri !== own) return error;
  return new RpcError(cause.code, cause.message, { ...cause.data, uri: exposed });
}
