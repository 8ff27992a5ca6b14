import { SwitchyardError } from '../../../shared/errors.ts';
import { type JsonObject, RPC_INTERNAL_ERROR, RPC_METHOD_NOT_FOUND, RpcError } from '../../mcp/json-rpc.ts';
import { clientRemedy } from './client-remedies.ts';

/** JSON-RPC 2.0 section 5.1. */
export const RPC_PARSE_ERROR = -32_700;
export const RPC_INVALID_REQUEST = -32_600;
const RPC_INVALID_PARAMS = -32_602;
/**
 * Error code for an unknown resource (MCP up to 2025-11-25). Since 2026-07-28, such a resource is an invalid parameter.
 */
const RPC_RESOURCE_NOT_FOUND = -32_002;
/** Error code for a header that differs from the body (MCP 2026-07-28, Streamable HTTP). */
export const RPC_HEADER_MISMATCH = -32_020;

/** Creates the error for an invalid parameter. */
export function invalidParams(message: string, data?: JsonObject): RpcError {
  return new RpcError(RPC_INVALID_PARAMS, message, data);
}

/** Creates the error for a retry of a held call that is unknown, or that belongs to another client or request. */
export function unknownState(): RpcError {
  return invalidParams('The requestState is unknown here, was used before, or is too old');
}

/** Creates the error for an unknown resource, as the protocol generation defines it. */
export function resourceNotFound(uri: string, era: 'legacy' | 'modern'): RpcError {
  return new RpcError(era === 'modern' ? RPC_INVALID_PARAMS : RPC_RESOURCE_NOT_FOUND, 'Resource not found', { uri });
}

/**
 * Creates the error for a resource URI that several connectors have. `candidates` are the exposed URIs to choose from.
 */
export function ambiguousResource(uri: string, candidates: readonly string[]): RpcError {
  const message = `Several connectors have this resource. Use one of: ${candidates.slice(0, MAX_NAMED).join(', ')}`;
  return invalidParams(message, { uri, candidates: candidates.slice(0, MAX_NAMED) });
}

/** Maximum number of candidates in the error. */
const MAX_NAMED = 10;

/**
 * Error for a method that the gateway does not have, or does not have in this protocol generation. A connector's own
 * error for an unknown method is a plain {@link RpcError}.
 */
export class UnknownMethod extends RpcError {
  constructor(method: string) {
    super(RPC_METHOD_NOT_FOUND, `Unknown method: ${method.slice(0, 128)}`);
  }
}

/**
 * Returns the error that a client gets. An error of a connector is passed on unchanged. A coded error keeps its code,
 * and gets a remedy if a client can do something. Any other error is reported without details. No error contains a
 * secret.
 */
export function toRpcError(error: unknown, era: 'legacy' | 'modern'): RpcError {
  const answered = connectorsError(error);
  if (answered !== null) {
    const isRenamed = era === 'modern' && answered.code === RPC_RESOURCE_NOT_FOUND;
    return isRenamed ? new RpcError(RPC_INVALID_PARAMS, answered.message, answered.data) : answered;
  }
  if (!(error instanceof SwitchyardError))
    return new RpcError(RPC_INTERNAL_ERROR, 'The gateway failed. The reason is in its log.');
  const { code, message, detail } = error;
  const remedy = clientRemedy(code);
  const data = { code, ...(remedy !== undefined && { remedy }), ...detail };
  if (code === 'TOOL_UNKNOWN' || code === 'OPTIONS_INVALID') return new RpcError(RPC_INVALID_PARAMS, message, data);
  return new RpcError(RPC_INTERNAL_ERROR, `${code}: ${message}`, data);
}

/** Returns the JSON-RPC error that a connector sent, over any transport; null if there is no such error. */
function connectorsError(error: unknown): RpcError | null {
  if (error instanceof RpcError) return error;
  if (!(error instanceof SwitchyardError) || error.code !== 'TOOL_CALL_REJECTED') return null;
  const { cause } = error;
  if (cause instanceof RpcError) return cause;
  // If the connector is connected through the SDK, the cause is an error of the SDK's own class.
  if (!(cause instanceof Error) || !('code' in cause) || typeof cause.code !== 'number') return null;
  return new RpcError(cause.code, cause.message, 'data' in cause ? cause.data : undefined);
}
