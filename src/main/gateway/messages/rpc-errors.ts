import { ERROR_CODES } from '../../../shared/error-codes.ts';
import { SwitchyardError } from '../../../shared/errors.ts';
import { type JsonObject, RPC_INTERNAL_ERROR, RPC_METHOD_NOT_FOUND, RpcError } from '../../mcp/json-rpc.ts';

/** JSON-RPC 2.0 section 5.1. */
export const RPC_PARSE_ERROR = -32_700;
export const RPC_INVALID_REQUEST = -32_600;
const RPC_INVALID_PARAMS = -32_602;
/** MCP up to 2025-11-25, resources; since 2026-07-28 that is an invalid parameter. */
const RPC_RESOURCE_NOT_FOUND = -32_002;
/** MCP 2026-07-28, Streamable HTTP: a header does not say what the body says. */
export const RPC_HEADER_MISMATCH = -32_020;

/** Which of a request's parameters is wrong, and how. */
export function invalidParams(message: string, data?: JsonObject): RpcError {
  return new RpcError(RPC_INVALID_PARAMS, message, data);
}

/** A retry names a call that is held nowhere, or not for this client and this request. */
export function unknownState(): RpcError {
  return invalidParams('The requestState is none of this server, was used before, or is too old');
}

/** There is no such resource, as the era says it. */
export function resourceNotFound(uri: string, era: 'legacy' | 'modern'): RpcError {
  return new RpcError(era === 'modern' ? RPC_INVALID_PARAMS : RPC_RESOURCE_NOT_FOUND, 'Resource not found', { uri });
}

/** Several connectors have a resource of that URI; each of `candidates` names one of them. */
export function ambiguousResource(uri: string, candidates: readonly string[]): RpcError {
  const message = `Several connectors have this resource. Ask for one of: ${candidates.slice(0, MAX_NAMED).join(', ')}`;
  return invalidParams(message, { uri, candidates: candidates.slice(0, MAX_NAMED) });
}

/** Candidates that an error names. */
const MAX_NAMED = 10;

/** The gateway does not know the method, or not in this era. A connector that says so is another matter. */
export class UnknownMethod extends RpcError {
  constructor(method: string) {
    super(RPC_METHOD_NOT_FOUND, `There is no method ${method.slice(0, 128)}`);
  }
}

/**
 * What a client is told of a failure: an error that a connector answered as it was sent, one of ours with its code
 * and what to do about it, and of anything else that it happened. Nothing of it holds a secret.
 */
export function toRpcError(error: unknown, era: 'legacy' | 'modern'): RpcError {
  const answered = connectorsError(error);
  if (answered !== null) {
    const isRenamed = era === 'modern' && answered.code === RPC_RESOURCE_NOT_FOUND;
    return isRenamed ? new RpcError(RPC_INVALID_PARAMS, answered.message, answered.data) : answered;
  }
  if (!(error instanceof SwitchyardError))
    return new RpcError(RPC_INTERNAL_ERROR, 'The gateway failed; its log says how');
  const { code, message, detail } = error;
  const data = { code, remedy: ERROR_CODES[code].remedy, ...detail };
  if (code === 'TOOL_UNKNOWN' || code === 'OPTIONS_INVALID') return new RpcError(RPC_INVALID_PARAMS, message, data);
  return new RpcError(RPC_INTERNAL_ERROR, `${code}: ${message}`, data);
}

/** The JSON-RPC error that a connector answered, whichever way it came; null if there is none. */
function connectorsError(error: unknown): RpcError | null {
  if (error instanceof RpcError) return error;
  if (!(error instanceof SwitchyardError) || error.code !== 'TOOL_CALL_REJECTED') return null;
  const { cause } = error;
  if (cause instanceof RpcError) return cause;
  // The SDK's own class, of a connector that is reached over it.
  if (!(cause instanceof Error) || !('code' in cause) || typeof cause.code !== 'number') return null;
  return new RpcError(cause.code, cause.message, 'data' in cause ? cause.data : undefined);
}
