import { PACKAGE_VERSION } from '../../../shared/package-version.ts';
import { type HostSide, INSTANCE_KEY } from '../../mcp/host-side.ts';
import { isObject, type JsonObject } from '../../mcp/json-rpc.ts';
import { invalidParams } from './rpc-errors.ts';

/** How the gateway names itself to clients (MCP, `serverInfo`). */
export const SERVER_INFO: JsonObject = { name: 'mcp-switchyard', title: 'mcp-switchyard', version: PACKAGE_VERSION };

/** The extension that lets tools have a user interface (MCP Apps 2026-01-26, extension identifier). */
export const UI_EXTENSION = 'io.modelcontextprotocol/ui';

/** The only type of content that MCP Apps has so far. */
const UI_MIME_TYPE = 'text/html;profile=mcp-app';

/** The member of `_meta` by which a gateway finds itself among its connectors. */
export function instanceMeta({ instanceId }: Pick<HostSide, 'instanceId'>): JsonObject {
  return { [INSTANCE_KEY]: instanceId };
}

/** What the capabilities that the gateway claims to a client depend on. */
export interface ServerTraits {
  /** Whether the gateway can send notices that belong to no request to the client. */
  readonly hasNotices: boolean;
  /** Whether a connector may serve MCP Apps. */
  readonly servesUi: boolean;
}

/**
 * The capabilities that the gateway claims to a client (MCP, `ServerCapabilities`). Tools, prompts and resources are
 * claimed whether or not a connector has some: connectors come and go, and a list may be empty.
 */
export function serverCapabilities({ hasNotices, servesUi }: ServerTraits): JsonObject {
  const listChanged = hasNotices ? { listChanged: true } : {};
  return {
    tools: listChanged,
    prompts: listChanged,
    resources: hasNotices ? { subscribe: true, ...listChanged } : {},
    completions: {},
    logging: {},
    ...(servesUi && { extensions: { [UI_EXTENSION]: {} } }),
  };
}

/**
 * The capabilities that the gateway claims to a connector on a connection that clients share, as long as it does
 * not know its client: they are agreed on before any client is there. A connector whose question the client at hand
 * cannot answer is told so. Roots are not among them, because an answer with no roots cannot be told from an empty
 * workspace.
 */
export const SHARED_CAPABILITIES: JsonObject = {
  sampling: { tools: {}, context: {} },
  elicitation: { form: {}, url: {} },
  extensions: { [UI_EXTENSION]: { mimeTypes: [UI_MIME_TYPE] } },
};

/** Capabilities of clients that let connectors ask them something. */
const QUESTIONS = ['sampling', 'elicitation', 'roots'] as const;

/**
 * The part of a client's capabilities that the gateway serves, and may therefore claim to connectors: questions,
 * unless the client cannot be reached with one, and MCP Apps. Tasks, experimental features and unknown extensions
 * need methods that the gateway does not have.
 */
export function servedCapabilities(declared: unknown, isReachable = true): JsonObject {
  if (!isObject(declared)) return {};
  const served: Record<string, unknown> = {};
  for (const name of isReachable ? QUESTIONS : []) {
    const capability = declared[name];
    // Changes of the roots are not passed on, because connectors share a connection.
    if (isObject(capability)) served[name] = name === 'roots' ? {} : capability;
  }
  const ui = isObject(declared.extensions) ? declared.extensions[UI_EXTENSION] : undefined;
  return isObject(ui) ? { ...served, extensions: { [UI_EXTENSION]: ui } } : served;
}

/** How a client names itself to people (MCP, `Implementation`): its title, or else its name; null without either. */
export function clientNameOf(clientInfo: unknown): string | null {
  if (!isObject(clientInfo)) return null;
  const names = [clientInfo.title, clientInfo.name];
  return names.find((name): name is string => typeof name === 'string' && name.trim() !== '') ?? null;
}

/** Whether a client opens addresses for its person (MCP 2025-11-25, elicitation: capabilities). */
export function opensAddresses({ elicitation }: JsonObject): boolean {
  return isObject(elicitation) && isObject(elicitation.url);
}

/**
 * Throws an RpcError for a question in a mode that the client did not declare, as the client itself would answer it: an
 * elicitation by URL (MCP 2025-11-25, elicitation), or sampling with tools (same, sampling).
 */
export function assertMode(method: string, params: JsonObject, capabilities: JsonObject): void {
  const { elicitation, sampling } = capabilities;
  if (method === 'elicitation/create' && isObject(elicitation)) {
    // An empty capability means forms alone.
    const hasForm = isObject(elicitation.form) || !isObject(elicitation.url);
    const mode = params.mode === 'url' ? 'url' : 'form';
    const isSupported = mode === 'url' ? opensAddresses(capabilities) : hasForm;
    if (!isSupported) throw invalidParams(`The client does not support elicitation by ${mode}`);
  }
  if (method === 'sampling/createMessage' && isObject(sampling)) {
    const usesTools = params.tools !== undefined || params.toolChoice !== undefined;
    if (usesTools && !isObject(sampling.tools)) throw invalidParams('The client does not support tools in sampling');
  }
}
