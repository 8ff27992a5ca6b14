import type { IncomingHttpHeaders } from 'node:http';
import type { RemoteToolDefinition } from '../../../shared/tools/tool-definition.ts';
import { decodeHeaderValue } from '../../mcp/header-value.ts';
import { type JsonObject, RpcError } from '../../mcp/json-rpc.ts';
import { mirroredArguments } from '../../mcp/tool-headers.ts';
import { RPC_HEADER_MISMATCH } from '../messages/rpc-errors.ts';

/**
 * Checks the `Mcp-Param-…` headers of a call against its arguments (MCP 2026-07-28, Streamable HTTP, custom headers): each argument that the tool wants mirrored has to be, and as it is.
 * Throws an RpcError that names the header.
 */
export function checkParamHeaders(headers: IncomingHttpHeaders, tool: RemoteToolDefinition, args: JsonObject): void {
  for (const { name, text } of mirroredArguments(tool, args)) {
    const header = `Mcp-Param-${name}`;
    const sent = headers[header.toLowerCase()];
    const value = typeof sent === 'string' ? decodeHeaderValue(sent) : null;
    if (value === null || !isSame(value, text))
      throw new RpcError(RPC_HEADER_MISMATCH, `The header ${header} is missing or does not say what the argument says`);
  }
}

/** Numbers are the same however they are written. */
function isSame(value: string, text: string): boolean {
  if (value === text) return true;
  const [a, b] = [Number(value), Number(text)];
  return value.trim() !== '' && text.trim() !== '' && /^-?[\d.]/.test(text) && a === b;
}
