import type { RemoteToolDefinition } from '../../../shared/tools/tool-definition.ts';
import { encodeHeaderValue } from '../../mcp/header-value.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import { paramHeaders } from '../../mcp/tool-headers.ts';

/** Methods whose subject modern servers want in a header, and the parameter that names it. */
const NAMED_BY: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
};

/**
 * The headers that say what a request to a modern server is about: its subject, and the arguments whose schema asks for
 * it (MCP 2026-07-28, standard headers). Names and values in turn.
 */
export function subjectHeaders(
  method: string,
  params: JsonObject,
  tool: RemoteToolDefinition | undefined,
): readonly string[] {
  const subject = params[NAMED_BY[method] ?? ''];
  if (typeof subject !== 'string') return [];
  const named = ['mcp-name', encodeHeaderValue(subject)];
  return tool === undefined ? named : [...named, ...paramHeaders(tool, params.arguments as JsonObject)];
}
