import { SwitchyardError } from '../../../shared/errors.ts';

/** Attributes of a span or a measurement. They never contain arguments, results or secrets. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** A JSON object within a message. */
export type Members = Readonly<Record<string, unknown>>;

/** The name of a request or notification, and its attributes for spans and histograms. */
export interface Described {
  readonly name: string;
  /** Attributes with few distinct values, for both spans and histograms. */
  readonly attributes: Attributes;
  /** Attributes for spans only. */
  readonly detail: Attributes;
}

/**
 * How an operation failed: the value of `error.type`, and the JSON-RPC error code if the operation failed with an error
 * response.
 */
export interface Fault {
  readonly type: string;
  readonly rpcCode: number | null;
  /**
   * The error code of this package, if it is more specific than `type`. It becomes the description in the span's
   * status.
   */
  readonly description?: string | undefined;
}

/** The methods of MCP. Other method names are not used as attributes, because their senders may choose any name. */
const METHODS: ReadonlySet<string> = new Set([
  'completion/complete',
  'elicitation/create',
  'initialize',
  'logging/setLevel',
  'notifications/cancelled',
  'notifications/elicitation/complete',
  'notifications/initialized',
  'notifications/message',
  'notifications/progress',
  'notifications/prompts/list_changed',
  'notifications/resources/list_changed',
  'notifications/resources/updated',
  'notifications/roots/list_changed',
  'notifications/subscriptions/acknowledged',
  'notifications/tasks/status',
  'notifications/tools/list_changed',
  'ping',
  'prompts/get',
  'prompts/list',
  'resources/list',
  'resources/read',
  'resources/subscribe',
  'resources/templates/list',
  'resources/unsubscribe',
  'roots/list',
  'sampling/createMessage',
  'server/discover',
  'subscriptions/listen',
  'tasks/cancel',
  'tasks/get',
  'tasks/list',
  'tasks/result',
  'tasks/update',
  'tools/call',
  'tools/list',
]);

const OTHER = '_OTHER';

const MAX_URI_LENGTH = 256;
const MAX_ID_LENGTH = 128;

/** The first protocol revision without sessions. */
const MODERN_REVISION = '2026-07-28';

/**
 * Returns the name and attributes of a request or notification, as the OpenTelemetry semantic conventions for MCP
 * define them. `subject` is the tool or prompt that the request names. It must be null if that tool or prompt does not
 * exist, because otherwise a client could create any number of span names.
 */
export function describe(method: string, params: Members, subject: string | null): Described {
  const known = METHODS.has(method) ? method : OTHER;
  const isCall = method === 'tools/call';
  const attributes = {
    'mcp.method.name': known,
    ...(isCall && { 'gen_ai.operation.name': 'execute_tool' }),
    ...(subject !== null && { [isCall ? 'gen_ai.tool.name' : 'gen_ai.prompt.name']: subject }),
  };
  const uri = known.includes('resources/') ? safeUri(params.uri) : null;
  return {
    name: subject === null ? known : `${known} ${subject}`,
    attributes,
    detail: uri === null ? {} : { 'mcp.resource.uri': uri },
  };
}

/**
 * Returns the name of the tool or prompt in the parameters of a request. The tool or prompt need not exist. Returns
 * null for other methods.
 */
export function subjectOf(method: string, params: Members): string | null {
  const { name, ref } = params;
  if (method === 'tools/call' || method === 'prompts/get') return typeof name === 'string' ? name : null;
  if (method !== 'completion/complete' || typeof ref !== 'object' || ref === null) return null;
  return 'name' in ref && typeof ref.name === 'string' ? ref.name : null;
}

/** Returns the attributes that describe the transport: HTTP, or the pipes of a stdio server. */
export function transportAttributes(kind: 'http' | 'stdio', url: URL | null = null): Attributes {
  if (kind === 'stdio') return { 'network.transport': 'pipe' };
  const carried = { 'network.transport': 'tcp', 'network.protocol.name': 'http' };
  if (url === null) return carried;
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  return { ...carried, 'server.address': url.hostname.replace(/^\[|\]$/g, ''), 'server.port': port };
}

/**
 * Returns the attributes for the id of a request and its session. Without a session, or in a revision without sessions,
 * there is no session attribute.
 */
export function requestAttributes(id: unknown, sessionId: string | null, revision: string | null): Attributes {
  const hasId = typeof id === 'string' || typeof id === 'number';
  const hasSession = sessionId !== null && (revision === null || revision < MODERN_REVISION);
  return {
    ...(hasId && { 'jsonrpc.request.id': String(id).slice(0, MAX_ID_LENGTH) }),
    ...(hasSession && { 'mcp.session.id': sessionId }),
  };
}

/**
 * Returns the attributes of a failure. For histograms, `isMeasured` is true. Error codes that servers invent are then
 * replaced by one common value, to keep the number of distinct values small.
 */
export function faultAttributes({ type, rpcCode }: Fault, isMeasured: boolean): Attributes {
  const isReserved = rpcCode === null || (rpcCode >= -32_768 && rpcCode <= -32_000);
  const shown = isMeasured && !isReserved ? OTHER : type;
  return { 'error.type': shown, ...(rpcCode !== null && { 'rpc.response.status_code': shown }) };
}

/** Fault for a tool that ran and whose result has `isError`. */
const TOOL_ERROR: Fault = { type: 'tool_error', rpcCode: null };

/** Returns the fault for the result of a request; null unless the result is of a tool call and has `isError`. */
export function faultOfResult(method: string, result: unknown): Fault | null {
  if (method !== 'tools/call' || typeof result !== 'object' || result === null) return null;
  return 'isError' in result && result.isError === true ? TOOL_ERROR : null;
}

/**
 * Returns the fault for an error. Its type is a JSON-RPC error code, an HTTP status, or an error code of this package,
 * Node or undici. The fault contains no part of the error's message, because the message may repeat data from the
 * request.
 */
export function faultOf(error: unknown): Fault {
  if (error instanceof SwitchyardError) {
    const { rpcCode, status } = error.detail;
    if (typeof rpcCode === 'number') return { type: String(rpcCode), rpcCode, description: error.code };
    if (typeof status === 'number') return { type: String(status), rpcCode: null, description: error.code };
    return { type: error.code, rpcCode: null };
  }
  if (!(error instanceof Error)) return { type: OTHER, rpcCode: null };
  const { code, status } = error as { readonly code?: unknown; readonly status?: unknown };
  if (Number.isSafeInteger(code)) return { type: String(code), rpcCode: code as number };
  if (Number.isSafeInteger(status)) return { type: String(status), rpcCode: null };
  if (typeof code === 'string') return { type: code, rpcCode: null };
  return error.cause instanceof Error ? faultOf(error.cause) : { type: error.name, rpcCode: null };
}

/**
 * Returns a URI without the parts that may be secret: user, password, query and fragment. Returns null for a `data:`
 * URI.
 */
function safeUri(value: unknown): string | null {
  if (typeof value !== 'string' || !URL.canParse(value)) return null;
  const uri = new URL(value);
  if (uri.protocol === 'data:') return null;
  uri.username = '';
  uri.password = '';
  uri.search = '';
  uri.hash = '';
  return uri.href.slice(0, MAX_URI_LENGTH);
}
