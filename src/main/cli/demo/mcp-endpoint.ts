import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import * as z from 'zod';
import { decodeHeaderValue } from '../../mcp/header-value.ts';
import {
  asIncoming,
  isObject,
  type JsonObject,
  LEGACY_REVISIONS,
  MODERN_REVISION,
  parseJson,
  RPC_METHOD_NOT_FOUND,
  RPC_UNSUPPORTED_VERSION,
} from '../../mcp/json-rpc.ts';

/** A tool of a demo server. */
export interface DemoTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: z.ZodObject;
  /** Runs the tool and returns its answer. `args` match `inputSchema`. */
  readonly run: (args: JsonObject) => string;
}

/** The answer to a request: a result, or an error with the HTTP status to send. */
type Answer =
  | { readonly kind: 'result'; readonly result: JsonObject }
  | { readonly kind: 'error'; readonly status: number; readonly error: JsonObject };

const PATH = '/mcp';
const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
const META_VERSION = 'io.modelcontextprotocol/protocolVersion';
const META_SERVER = 'io.modelcontextprotocol/serverInfo';
const LIST_TTL_MS = 300_000;

const RPC_INVALID_REQUEST = -32_600;
const RPC_INVALID_PARAMS = -32_602;
const RPC_HEADER_MISMATCH = -32_020;

/**
 * Creates a listener that serves `tools` at /mcp over Streamable HTTP, without sessions. Supports clients of the legacy
 * protocol (2025-11-25 and older) and of the modern protocol (2026-07-28). As protection against DNS rebinding, refuses
 * requests whose `Host` or `Origin` header is not a loopback address.
 */
export function createMcpEndpoint(serverName: string, tools: readonly DemoTool[]): RequestListener {
  const serverInfo = { name: serverName, version: '1.0.0' };
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  const listed = tools.map(({ name, description, inputSchema }) => ({
    name,
    description,
    inputSchema: z.toJSONSchema(inputSchema),
  }));

  const callTool = (params: JsonObject): Answer => {
    const tool = byName.get(String(params.name));
    if (tool === undefined) return failed(200, RPC_INVALID_PARAMS, `There is no tool "${params.name}"`);
    const args = tool.inputSchema.safeParse(params.arguments ?? {});
    const content = (text: string): JsonObject => ({ content: [{ type: 'text', text }] });
    if (!args.success) return done({ ...content(z.prettifyError(args.error)), isError: true });
    return done(content(tool.run(args.data)));
  };

  const answerLegacy = (method: string, params: JsonObject): Answer => {
    switch (method) {
      case 'initialize': {
        const asked = String(params.protocolVersion);
        const protocolVersion = LEGACY_REVISIONS.includes(asked) ? asked : LEGACY_REVISIONS[0];
        return done({ protocolVersion, capabilities: { tools: {} }, serverInfo });
      }
      case 'ping':
        return done({});
      case 'tools/list':
        return done({ tools: listed });
      case 'tools/call':
        return callTool(params);
      default:
        return failed(200, RPC_METHOD_NOT_FOUND, `There is no method ${method}`);
    }
  };

  const answerModern = (method: string, params: JsonObject): Answer => {
    const caching = { ttlMs: LIST_TTL_MS, cacheScope: 'public' };
    switch (method) {
      case 'server/discover':
        return complete(
          done({
            ...{ supportedVersions: [MODERN_REVISION], capabilities: { tools: {} }, ...caching },
            _meta: { [META_SERVER]: serverInfo },
          }),
        );
      case 'tools/list':
        return complete(done({ tools: listed, ...caching }));
      case 'tools/call':
        return complete(callTool(params));
      default:
        return failed(404, RPC_METHOD_NOT_FOUND, `There is no method ${method}`);
    }
  };

  const answer = ({ headers }: IncomingMessage, method: string, params: JsonObject): Answer => {
    const version = isObject(params._meta) ? params._meta[META_VERSION] : undefined;
    if (version === undefined) return answerLegacy(method, params);
    if (version !== MODERN_REVISION)
      return failed(400, RPC_UNSUPPORTED_VERSION, 'This revision is not supported', { supported: [MODERN_REVISION] });
    const isSame = (name: string, value: unknown): boolean => decodeHeaderValue(String(headers[name] ?? '')) === value;
    if (
      !isSame('mcp-protocol-version', version) ||
      !isSame('mcp-method', method) ||
      (method === 'tools/call' && !isSame('mcp-name', params.name))
    )
      return failed(400, RPC_HEADER_MISMATCH, 'The headers do not match the body');
    return answerModern(method, params);
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!isForLoopback(request)) return void response.writeHead(403).end();
    if (request.url !== PATH) return void response.writeHead(404).end();
    // GET (notification streams) and DELETE (sessions) are not supported.
    if (request.method !== 'POST') return void response.writeHead(405, { allow: 'POST' }).end();
    const message = asIncoming(parseJson(await readText(request)));
    if (message.kind === 'junk')
      return send(response, null, failed(400, RPC_INVALID_REQUEST, 'This is not a JSON-RPC message'));
    // Notifications and responses need no answer.
    if (message.kind !== 'request') return void response.writeHead(202).end();
    send(response, message.id, answer(request, message.method, message.params));
  };

  return (request, response) => void serve(request, response).catch(() => response.destroy());
}

function isForLoopback({ headers: { host, origin } }: IncomingMessage): boolean {
  const nameOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : '');
  return LOOPBACK.has(nameOf(`http://${host ?? ''}`)) && (origin === undefined || LOOPBACK.has(nameOf(origin)));
}

function done(result: JsonObject): Answer {
  return { kind: 'result', result };
}

/** Adds the field `resultType` to a result, as the modern protocol requires. */
function complete(answer: Answer): Answer {
  return answer.kind === 'error' ? answer : done({ resultType: 'complete', ...answer.result });
}

function failed(status: number, code: number, message: string, data?: JsonObject): Answer {
  return { kind: 'error', status, error: { code, message, ...(data !== undefined && { data }) } };
}

function send(response: ServerResponse, id: string | number | null, answer: Answer): void {
  const status = answer.kind === 'result' ? 200 : answer.status;
  const outcome = answer.kind === 'result' ? { result: answer.result } : { error: answer.error };
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id, ...outcome }));
}
