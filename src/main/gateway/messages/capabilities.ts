import { PACKAGE_VERSION } from '../../../shared/package-version.ts';
import { type HostSide, INSTANCE_KEY } from '../../mcp/host-side.ts';
import { isObject, type JsonObject } from '../../mcp/json-rpc.ts';
import { invalidParams } from './rpc-errors.ts';

/** Name and version of the gateway for clients (MCP, `serverInfo`). */
export const SERVER_INFO: JsonObject = { name: 'mcp-switchyard', title: 'mcp-switchyard', version: PACKAGE_VERSION };

/** Extension that lets tools have a user interface (MCP Apps 2026-01-26, extension identifier). */
export const UI_EXTENSION = 'io.modelcontextprotocol/ui';

/** The only content type that MCP Apps has so far. */
const UI_MIME_TYPE = 'text/html;profile=mcp-app';

/** Returns the `_meta` field by which a gateway recognizes itself among its connectors. */
export function instanceMeta({ instanceId }: Pick<HostSide, 'instanceId'>): JsonObject {
  return { [INSTANCE_KEY]: instanceId };
}

/** Facts that decide which capabilities the gateway declares to a client. */
export interface ServerTraits {
  /** Whether the gateway can send the client notifications that belong to no request. */
  readonly hasNotices: boolean;
  /** Whether a connector may serve MCP Apps. */
  readonly servesUi: boolean;
}

/**
 * Returns the capabilities that the gateway declares to a client (MCP, `ServerCapabilities`). Tools, prompts and
 * resources are always declared, because connectors come and go, and a list may be empty.
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
 * Capabilities that the gateway declares to a connector on a connection that clients share. They are agreed on before
 * any client is known. If the client of a request does not support a server request, the connector gets an error. Roots
 * are not included, because a response without roots looks like an empty workspace.
 */
export const SHARED_CAPABILITIES: JsonObject = {
  sampling: { tools: {}, context: {} },
  elicitation: { form: {}, url: {} },
  extensions: { [UI_EXTENSION]: { mimeTypes: [UI_MIME_TYPE] } },
};

/** Client capabilities that allow server requests. */
const QUESTIONS = ['sampling', 'elicitation', 'roots'] as const;

/**
 * Returns the part of a client's capabilities that the gateway serves, and may therefore declare to connectors. MCP
 * Apps is always kept. Server requests are kept only if they can reach the client. Tasks, experimental features and
 * unknown extensions are removed, because they need methods that the gateway does not have.
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

/** Returns a client's display name (MCP, `Implementation`): its title, or else its name; null without either. */
export function clientNameOf(clientInfo: unknown): string | null {
  if (!isObject(clientInfo)) return null;
  const names = [clientInfo.title, clientInfo.name];
  return names.find((name): name is string => typeof name === 'string' && name.trim() !== '') ?? null;
}

/** True if a client opens addresses for its user (MCP 2025-11-25, elicitation: capabilities). */
export function opensAddresses({ elicitation }: JsonObject): boolean {
  return isObject(elicitation) && isObject(elicitation.url);
}

/**
 * Throws an RpcError for a server request in a mode that the client did not declare, as the client itself would. The
 * modes are elicitation by URL (MCP 2025-11-25, elicitation) and sampling with tools (MCP 2025-11-25, sampling).
 */
export function assertMode(method: string, params: JsonObject, capabilities: JsonObject): void {
  const { elicitation, sampling } = capabilities;
  if (method === 'elicitation/create' && isObject(elicitation)) {
    // An empty capability means forms only.
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
