import type { IncomingHttpHeaders } from 'node:http';
import type { RemoteToolDefinition } from '../../../shared/tools/tool-definition.ts';
import { decodeHeaderValue } from '../../mcp/header-value.ts';
import { isObject, type JsonObject, MODERN_REVISION, RPC_UNSUPPORTED_VERSION, RpcError } from '../../mcp/json-rpc.ts';
import { mirroredArguments } from '../../mcp/tool-headers.ts';
import { clientNameOf, servedCapabilities } from '../messages/capabilities.ts';
import { headerWord } from '../messages/header-word.ts';
import { invalidParams, RPC_HEADER_MISMATCH } from '../messages/rpc-errors.ts';

const VERSION = 'io.modelcontextprotocol/protocolVersion';
/** `_meta` field with the client's capabilities. */
export const CLIENT_CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const CLIENT_INFO = 'io.modelcontextprotocol/clientInfo';
const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';

/** Facts about the client that a modern request contains. */
export interface ModernEnvelope {
  /** The client's capabilities that the gateway serves. */
  readonly capabilities: JsonObject;
  readonly logLevel: string | null;
  /** The client's display name; null if it sends none. */
  readonly clientName: string | null;
}

/**
 * True if a request uses the modern protocol, according to its `_meta`, or else to its header. The modern protocol has
 * no `initialize`. A client that sends `initialize` wants the legacy handshake, even if its HTTP layer still sends the
 * header of an earlier attempt.
 */
export function isModern(method: string, params: JsonObject, headers: IncomingHttpHeaders | null): boolean {
  if (isObject(params._meta) && (params._meta[VERSION] ?? null) !== null) return true;
  const header = headers === null ? undefined : headerWord(headers, 'MCP-Protocol-Version');
  return header !== undefined && header >= MODERN_REVISION && method !== 'initialize';
}

/**
 * Reads and checks the fields that every modern request carries (MCP 2026-07-28, `_meta` and standard headers). Without
 * headers, as over stdio, only the body is checked. Throws an RpcError for the first fault, in the order that the
 * specification requires: the envelope, headers that contradict it, the revision, missing headers.
 */
export function readEnvelope(method: string, params: JsonObject, headers: IncomingHttpHeaders | null): ModernEnvelope {
  const meta = isObject(params._meta) ? params._meta : {};
  const { [VERSION]: version, [CLIENT_CAPABILITIES]: capabilities, [LOG_LEVEL]: logLevel } = meta;
  if (typeof version !== 'string') throw invalidParams(`_meta["${VERSION}"] is missing`);
  if (!isObject(capabilities)) throw invalidParams(`_meta["${CLIENT_CAPABILITIES}"] is missing`);
  if (headers !== null) checkHeader(headers, 'MCP-Protocol-Version', version);
  if (headers !== null) checkHeader(headers, 'Mcp-Method', method);
  if (version !== MODERN_REVISION) {
    throw new RpcError(RPC_UNSUPPORTED_VERSION, `MCP revision ${version.slice(0, 32)} is not supported`, {
      supported: [MODERN_REVISION],
      requested: version,
    });
  }
  if (headers !== null) requireHeaders(method, params, headers);
  return {
    capabilities: servedCapabilities(capabilities),
    logLevel: typeof logLevel === 'string' ? logLevel : null,
    clientName: clientNameOf(meta[CLIENT_INFO]),
  };
}

/**
 * Checks the `Mcp-Param-…` headers of a call against its arguments (MCP 2026-07-28, Streamable HTTP, custom headers).
 * Every argument that the tool declares as mirrored must have a header with the same value. Throws an RpcError that
 * names the header.
 */
export function checkParamHeaders(headers: IncomingHttpHeaders, tool: RemoteToolDefinition, args: JsonObject): void {
  for (const { name, text } of mirroredArguments(tool, args)) {
    const header = `Mcp-Param-${name}`;
    const sent = headers[header.toLowerCase()];
    const value = typeof sent === 'string' ? decodeHeaderValue(sent) : null;
    if (value === null || !isSame(value, text))
      throw mismatch(`The header ${header} is missing or differs from the argument`);
  }
}

function requireHeaders(method: string, params: JsonObject, headers: IncomingHttpHeaders): void {
  for (const name of ['MCP-Protocol-Version', 'Mcp-Method'])
    if (headerWord(headers, name) === undefined) throw mismatch(`The header ${name} is missing`);
  const subject = subjectOf(method, params);
  if (typeof subject !== 'string') return;
  const header = headers['mcp-name'];
  if (typeof header !== 'string') throw mismatch('The header Mcp-Name is missing');
  if (decodeHeaderValue(header) !== subject) throw mismatch('The header Mcp-Name differs from the body');
}

/** Returns the name or URI of a request's subject, which a header of the request must repeat. */
function subjectOf(method: string, { name, uri }: JsonObject): unknown {
  if (method === 'tools/call' || method === 'prompts/get') return name;
  return method === 'resources/read' ? uri : undefined;
}

function checkHeader(headers: IncomingHttpHeaders, name: string, expected: string): void {
  const value = headerWord(headers, name);
  if (value !== undefined && value !== expected) throw mismatch(`The header ${name} differs from the body`);
}

function mismatch(message: string): RpcError {
  return new RpcError(RPC_HEADER_MISMATCH, message);
}

/** Compares numbers by value, in any notation. */
function isSame(value: string, text: string): boolean {
  if (value === text) return true;
  const [a, b] = [Number(value), Number(text)];
  return value.trim() !== '' && text.trim() !== '' && /^-?[\d.]/.test(text) && a === b;
}
