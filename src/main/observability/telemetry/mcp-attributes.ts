import { SwitchyardError } from '../../../shared/errors.ts';

/** Plain facts about an operation; never arguments, results or secrets. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** A JSON object of a message. */
export type Members = Readonly<Record<string, unknown>>;

/** A request or a notification, as its span and its measurement name it. */
export interface Described {
  readonly name: string;
  /** Attributes of few values: for spans and for histograms. */
  readonly attributes: Attributes;
  /** Attributes for spans alone. */
  readonly detail: Attributes;
}

/** How an operation failed: its `error.type`, and the JSON-RPC code if the other side answered an error. */
export interface Fault {
  readonly type: string;
  readonly rpcCode: number | null;
  /** A code of ours that says more; it goes into the status of the span. */
  readonly description?: string | undefined;
}

/** The methods of MCP; the name of any other is chosen by whoever sent it, and could be anything. */
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

/** The first revision without sessions. */
const MODERN_REVISION = '2026-07-28';

/**
 * Names a request or a notification by the OpenTelemetry semantic conventions for MCP. `subject` is the tool or the
 * prompt that it is about. It is null if there is none of that name: a name that exists nowhere may be anything.
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

/** The tool or the prompt that a request names, whether or not there is one. */
export function subjectOf(method: string, params: Members): string | null {
  const { name, ref } = params;
  if (method === 'tools/call' || method === 'prompts/get') return typeof name === 'string' ? name : null;
  if (method !== 'completion/complete' || typeof ref !== 'object' || ref === null) return null;
  return 'name' in ref && typeof ref.name === 'string' ? ref.name : null;
}

/** The attributes of how messages travel: over HTTP or through the pipes of a program. */
export function transportAttributes(kind: 'http' | 'stdio', url: URL | null = null): Attributes {
  if (kind === 'stdio') return { 'network.transport': 'pipe' };
  const carried = { 'network.transport': 'tcp', 'network.protocol.name': 'http' };
  if (url === null) return carried;
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  return { ...carried, 'server.address': url.hostname.replace(/^\[|\]$/g, ''), 'server.port': port };
}

/** The attributes of a request's id and session. The session of a revision without sessions is none. */
export function requestAttributes(id: unknown, sessionId: string | null, revision: string | null): Attributes {
  const hasId = typeof id === 'string' || typeof id === 'number';
  const hasSession = sessionId !== null && (revision === null || revision < MODERN_REVISION);
  return {
    ...(hasId && { 'jsonrpc.request.id': String(id).slice(0, MAX_ID_LENGTH) }),
    ...(hasSession && { 'mcp.session.id': sessionId }),
  };
}

/** The attributes of a failure. `isMeasured` keeps their values few, as histograms want, whatever servers invent. */
export function faultAttributes({ type, rpcCode }: Fault, isMeasured: boolean): Attributes {
  const isReserved = rpcCode === null || (rpcCode >= -32_768 && rpcCode <= -32_000);
  const shown = isMeasured && !isReserved ? OTHER : type;
  return { 'error.type': shown, ...(rpcCode !== null && { 'rpc.response.status_code': shown }) };
}

/** A tool that ran and says that it failed. */
const TOOL_ERROR: Fault = { type: 'tool_error', rpcCode: null };

/** The fault that a result tells of; null if it tells of none. */
export function faultOfResult(method: string, result: unknown): Fault | null {
  if (method !== 'tools/call' || typeof result !== 'object' || result === null) return null;
  return 'isError' in result && result.isError === true ? TOOL_ERROR : null;
}

/**
 * The class of an error: the JSON-RPC code that the other side answered, the HTTP status, or the code of this package,
 * of Node or of undici. Nothing of its message, which may repeat what was sent.
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

/** A URI without what may be secret in it: user, password, query and fragment. Null for content in place of a name. */
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
