import type { IncomingHttpHeaders } from 'node:http';
import { decodeHeaderValue } from '../../mcp/header-value.ts';
import { isObject, type JsonObject, MODERN_REVISION, RPC_UNSUPPORTED_VERSION, RpcError } from '../../mcp/json-rpc.ts';
import { invalidParams, RPC_HEADER_MISMATCH } from '../messages/rpc-errors.ts';

const VERSION = 'io.modelcontextprotocol/protocolVersion';
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';

/** What a modern request says of its client. */
export interface ModernEnvelope {
  readonly capabilities: JsonObject;
  readonly logLevel: string | null;
}

/** Whether a message is of the modern era: by what its `_meta` claims, else by its header. */
export function isModern(params: JsonObject, headers: IncomingHttpHeaders | null): boolean {
  if (isObject(params._meta) && params._meta[VERSION] !== undefined) return true;
  const header = headers?.['mcp-protocol-version'];
  return typeof header === 'string' && header >= MODERN_REVISION;
}

/**
 * Reads and checks what every modern request carries (MCP 2026-07-28, `_meta` and standard headers). Without headers, as over stdio, the body alone counts. Throws an RpcError in the order
 * that the specification wants: the envelope, the headers that contradict it, the revision, the headers that are missing.
 */
export function readEnvelope(method: string, params: JsonObject, headers: IncomingHttpHeaders | null): ModernEnvelope {
  const meta = isObject(params._meta) ? params._meta : {};
  const { [VERSION]: version, [CAPABILITIES]: capabilities, [LOG_LEVEL]: logLevel } = meta;
  if (typeof version !== 'string') throw invalidParams(`_meta["${VERSION}"] is missing`);
  if (!isObject(capabilities)) throw invalidParams(`_meta["${CAPABILITIES}"] is missing`);
  if (headers !== null) checkHeader(headers, 'MCP-Protocol-Version', version);
  if (headers !== null) checkHeader(headers, 'Mcp-Method', method);
  if (version !== MODERN_REVISION) {
    throw new RpcError(RPC_UNSUPPORTED_VERSION, `Revision ${version.slice(0, 32)} is not spoken here`, {
      supported: [MODERN_REVISION],
      requested: version,
    });
  }
  if (headers !== null) requireHeaders(method, params, headers);
  return { capabilities, logLevel: typeof logLevel === 'string' ? logLevel : null };
}

function requireHeaders(method: string, params: JsonObject, headers: IncomingHttpHeaders): void {
  for (const name of ['MCP-Protocol-Version', 'Mcp-Method'])
    if (headers[name.toLowerCase()] === undefined) throw mismatch(`The header ${name} is missing`);
  const subject = subjectOf(method, params);
  if (typeof subject !== 'string') return;
  const header = headers['mcp-name'];
  if (typeof header !== 'string') throw mismatch('The header Mcp-Name is missing');
  if (decodeHeaderValue(header) !== subject) throw mismatch('The header Mcp-Name does not say what the body says');
}

/** What a request is about, which its header names too. */
function subjectOf(method: string, { name, uri }: JsonObject): unknown {
  if (method === 'tools/call' || method === 'prompts/get') return name;
  return method === 'resources/read' ? uri : undefined;
}

function checkHeader(headers: IncomingHttpHeaders, name: string, expected: string): void {
  const value = headers[name.toLowerCase()];
  if (typeof value === 'string' && value.replace(/^[ \t]+|[ \t]+$/g, '') !== expected)
    throw mismatch(`The header ${name} does not say what the body says`);
}

function mismatch(message: string): RpcError {
  return new RpcError(RPC_HEADER_MISMATCH, message);
}
