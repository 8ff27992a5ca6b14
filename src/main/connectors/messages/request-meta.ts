import { CLIENT_INFO } from '../../mcp/host-side.ts';
import { isObject, type JsonObject, MODERN_REVISION } from '../../mcp/json-rpc.ts';

/** The members of `_meta` that differ from request to request. */
export interface RequestMeta {
  readonly progressToken: number | null;
  /** The host's client capabilities for this request; null if the capabilities of the connection apply. */
  readonly capabilities: JsonObject | null;
}

export const NO_META: RequestMeta = { progressToken: null, capabilities: null };

/**
 * Returns the members that a modern server expects in `_meta` of each request, in place of a handshake (MCP 2026-07-28,
 * basic).
 */
export function modernEnvelope(capabilities: JsonObject): JsonObject {
  return {
    'io.modelcontextprotocol/protocolVersion': MODERN_REVISION,
    'io.modelcontextprotocol/clientInfo': CLIENT_INFO,
    'io.modelcontextprotocol/clientCapabilities': capabilities,
  };
}

/** Adds `_meta` to the parameters of a request; `envelope` is null for a legacy server. */
export function withMeta(params: JsonObject, envelope: JsonObject | null, meta: RequestMeta): JsonObject {
  const { progressToken, capabilities } = meta;
  const given = isObject(params._meta) ? params._meta : null;
  const own = progressToken === null ? null : { progressToken };
  if (envelope === null) return own === null ? params : { ...params, _meta: { ...given, ...own } };
  const asked = capabilities === null ? null : { 'io.modelcontextprotocol/clientCapabilities': capabilities };
  return { ...params, _meta: { ...given, ...envelope, ...asked, ...own } };
}
