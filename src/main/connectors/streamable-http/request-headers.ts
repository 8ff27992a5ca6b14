import type { RemoteToolDefinition } from '../../../shared/tools/tool-definition.ts';
import { encodeHeaderValue } from '../../mcp/header-value.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import { paramHeaders } from '../../mcp/tool-headers.ts';

/**
 * For each method, the parameter that names the subject of a request, such as the tool. Modern servers require this
 * name in a header.
 */
const NAMED_BY: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
};

/**
 * Returns the additional headers that modern servers require for a request: the name of its subject, and the arguments
 * whose schema asks for a header (MCP 2026-07-28, standard headers). Names and values alternate.
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
