import { isObject, type JsonObject, RpcError } from '../../mcp/json-rpc.ts';
import type { Page } from '../catalog/pages.ts';
import { isUiUri } from '../catalog/uris/resource-uris.ts';
import type { View } from '../catalog/view.ts';
import { withoutNulls } from '../messages/client-message.ts';
import { ANSWERED, type Exchange, type Forwarded, type Outcome, PreparedResult } from '../messages/exchange.ts';
import { invalidParams, resourceNotFound } from '../messages/rpc-errors.ts';
import type { Target } from './forwarding/connector-request.ts';
import { exposePromptResult, exposeReadResult, exposeToolResult } from './forwarding/content-uris.ts';
import { type ForwardDeps, forward } from './forwarding/forwarding.ts';
import { offers } from './forwarding/negotiated.ts';
import { checkParamHeaders } from './modern-envelope.ts';

export interface MethodDeps extends ForwardDeps {
  /** Resolves once there are tools to list, or there is nothing to wait for. */
  readonly settled: () => Promise<void>;
  /** Resolves once there are prompts and resources to list, or there is nothing to wait for. */
  readonly featuresSettled: () => Promise<void>;
  /**
   * Resolves once connectors have had time to list a tool, prompt or resource that a client requests and that is still
   * unknown.
   */
  readonly namedSettled: () => Promise<void>;
  /** Returns the time to live of lists, in milliseconds. */
  readonly ttlMs: () => number;
}

/** One request for a method, and the route that it arrived on. */
interface MethodCall {
  readonly params: JsonObject;
  readonly exchange: Exchange;
  readonly view: View;
  /** Whether the result is needed as a whole, however large it is. */
  readonly isWhole?: boolean;
}

export type Method = (params: JsonObject, exchange: Exchange, view: View) => Promise<Outcome>;

/** Creates the methods that both protocol generations have, by name. Each rejects with an RpcError or a coded error. */
export function createMethods(deps: MethodDeps): ReadonlyMap<string, Method> {
  const { manager } = deps;
  const listed =
    (member: string, feature: 'prompts' | 'resources' | 'templates'): Method =>
    async ({ cursor }, { era, revision }, { features }) => {
      await deps.featuresSettled();
      return listResult(member, features.page(feature, cursor, revision), freshness(era, deps.ttlMs()));
    };
  const forwardTo = (
    connectorId: string,
    target: Target,
    { exchange, params, view: { route }, isWhole = false }: MethodCall,
  ): Promise<Forwarded> => {
    const logger = route.connectorId === null ? connectorId : null;
    const about = target.kind === 'tool' ? ['tools/call', target.id, target.args] : [target.method, target.own];
    const forwarding = { connectorId, target, exchange, params, logger, isWhole };
    return forward(forwarding, () => `${route.name} ${connectorId} ${JSON.stringify(about)}`, deps);
  };

  /**
   * Calls `find`. If it finds nothing, waits for connectors that have not listed their items since the start, and calls
   * it again.
   */
  const findSettled = async <T>(find: () => T | null): Promise<T | null> => {
    await deps.featuresSettled();
    const found = find();
    if (found !== null) return found;
    await deps.namedSettled();
    return find();
  };

  const listTools: Method = async ({ cursor }, { era, revision }, { tools }) => {
    await deps.settled();
    return listResult('tools', tools.page(cursor, revision), freshness(era, deps.ttlMs()));
  };

  const callTool: Method = async (params, exchange, view) => {
    const { name, arguments: args = {} } = params;
    if (typeof name !== 'string') throw invalidParams('The name of a tool is missing');
    if (!isObject(args)) throw invalidParams('The arguments of a tool must be an object');
    const known = view.tools.resolve(name);
    // Right after a cold start the connectors have not listed their tools yet.
    if (known === null || manager.tool(known) === undefined) await deps.settled();
    let id = known ?? view.tools.resolve(name);
    if (id === null) {
      await deps.namedSettled();
      id = view.tools.resolve(name);
    }
    if (id === null) throw invalidParams(`Unknown tool: ${name.slice(0, 200)}`);
    const tool = manager.tool(id);
    if (tool !== undefined && exchange.era === 'modern' && exchange.headers !== null)
      checkParamHeaders(exchange.headers, tool.definition, args);
    const connectorId = tool?.connectorId ?? view.route.split(name)?.connectorId ?? '';
    const result = await forwardTo(connectorId, { kind: 'tool', id, args }, { params, exchange, view });
    return result === ANSWERED ? result : exposeToolResult(result, (uri) => view.route.exposeUri(connectorId, uri));
  };

  const getPrompt: Method = async (params, exchange, view) => {
    const { name, arguments: args } = params;
    const found = typeof name === 'string' ? await findSettled(() => view.features.prompt(name)) : null;
    if (found === null || !manager.has(found.connectorId) || !offers(found.connectorId, 'prompts', manager))
      throw invalidParams(`Unknown prompt: ${String(name).slice(0, 200)}`);
    const { connectorId } = found;
    const own = { name: found.name, ...(args !== undefined && { arguments: args }) };
    const target: Target = { kind: 'request', method: 'prompts/get', own };
    const result = await forwardTo(connectorId, target, { params, exchange, view });
    return result === ANSWERED ? result : exposePromptResult(result, (uri) => view.route.exposeUri(connectorId, uri));
  };

  const readResource: Method = async (params, exchange, view) => {
    const { uri } = params;
    if (typeof uri !== 'string') throw invalidParams('The URI of a resource is missing');
    const found = await findSettled(() => view.features.resource(uri));
    if (found === null || !manager.has(found.connectorId) || !offers(found.connectorId, 'resources', manager))
      throw resourceNotFound(uri, exchange.era);
    const { connectorId } = found;
    const target: Target = { kind: 'request', method: 'resources/read', own: { uri: found.uri } };
    // Hosts look for the exposed URI of the user interface in the result. The gateway can rewrite that URI only in a
    // whole result, not in a streamed one.
    const isWhole = view.route.connectorId === null && isUiUri(found.uri);
    const result = await forwardTo(connectorId, target, { params, exchange, view, isWhole }).catch((error: unknown) => {
      throw withExposedUri(error, found.uri, uri);
    });
    if (result === ANSWERED) return result;
    // The requested resource keeps the URI that the client used, with or without the connector's prefix.
    const expose = (own: string): string => (own === found.uri ? uri : view.route.exposeUri(connectorId, own));
    const exposed = exposeReadResult(result, expose);
    if (exposed.resultType === 'input_required') return exposed;
    // The connector's own freshness fields take precedence. A legacy connector sends none.
    if (exchange.era === 'modern') return { ...freshness(exchange.era, 0), ...exposed };
    const { ttlMs: _ttlMs, cacheScope: _cacheScope, ...rest } = exposed;
    return rest;
  };

  const complete: Method = async (params, exchange, view) => {
    const { ref, argument, context } = params;
    const found = isObject(ref) ? await findSettled(() => view.features.reference(ref)) : null;
    if (found === null) throw invalidParams('The reference names no prompt or resource template of this server');
    // The gateway declares completions for all connectors. A connector without completions has nothing to suggest.
    if (!offers(found.connectorId, 'completions', manager)) return { completion: { values: [] } };
    const own = {
      ref: withoutNulls(found.ref),
      argument: isObject(argument) ? withoutNulls(argument) : argument,
      ...(isObject(context) && { context: withoutNulls(context) }),
    };
    const target: Target = { kind: 'request', method: 'completion/complete', own };
    return await forwardTo(found.connectorId, target, { params, exchange, view });
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

/** Creates the result of a list whose entries are already JSON. */
export function listResult(member: string, { json, nextCursor }: Page, more: JsonObject): PreparedResult {
  const rest = JSON.stringify({ nextCursor, ...more }).slice(1);
  return new PreparedResult(`{"${member}":[${json}]${rest === '}' ? rest : `,${rest}`}`);
}

/**
 * Returns the freshness fields of a result, if the protocol generation has them (MCP 2026-07-28, caching). The gateway
 * reads lists with the credentials of its operator, so shared caches must never keep them.
 */
export function freshness(era: 'legacy' | 'modern', ttlMs: number): JsonObject {
  return era === 'modern' ? { ttlMs, cacheScope: 'private' } : {};
}

/** Replaces the connector's URI in an error by the URI that the client used. */
function withExposedUri(error: unknown, own: string, exposed: string): unknown {
  const cause = error instanceof Error && error.cause instanceof RpcError ? error.cause : null;
  if (cause === null || !isObject(cause.data) || cause.data.uri !== own) return error;
  return new RpcError(cause.code, cause.message, { ...cause.data, uri: exposed });
}
