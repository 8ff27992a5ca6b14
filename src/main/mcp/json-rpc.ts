import { rootReason } from '../../shared/errors.ts';
import { parseForeignJson } from '../../shared/json/parse-foreign.ts';
import type { ToolProgress } from './tool-result.ts';

/** Modern revision of MCP: it has neither a handshake nor sessions; each request is self-contained. */
export const MODERN_REVISION = '2026-07-28';

/** Legacy revisions. The first one is offered in the handshake. */
export const LEGACY_REVISIONS: readonly [string, ...string[]] = [
  '2025-11-25',
  '2025-06-18',
  '2025-03-26',
  '2024-11-05',
];

/**
 * Legacy revisions that a server may choose. They include the revision of the first SDKs, which old servers still name.
 */
export const ACCEPTED_LEGACY_REVISIONS: readonly string[] = [...LEGACY_REVISIONS, '2024-10-07'];

/** Parameters or a result: a JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** An error response of the other side (JSON-RPC 2.0 section 5.1), as it was sent. */
export class RpcError extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.name = 'RpcError';
    this.code = code;
    this.data = data;
  }
}

/** Response of a server to a request. */
export type Answer = Extract<Incoming, { readonly kind: 'result' | 'error' }>;

/** Request or notification that a server sends by itself. */
export type FromServer = Extract<Incoming, { readonly kind: 'request' | 'notification' }>;

export const RPC_METHOD_NOT_FOUND = -32_601;
export const RPC_INTERNAL_ERROR = -32_603;
/** Error code of MCP 2026-07-28: the server does not support the revision, and `data.supported` lists its revisions. */
export const RPC_UNSUPPORTED_VERSION = -32_022;

/** A message of the other side, classified by its members. */
export type Incoming =
  | { readonly kind: 'result'; readonly id: unknown; readonly result: JsonObject }
  | { readonly kind: 'error'; readonly id: unknown; readonly error: RpcError }
  | { readonly kind: 'request'; readonly id: string | number; readonly method: string; readonly params: JsonObject }
  | { readonly kind: 'notification'; readonly method: string; readonly params: JsonObject }
  | { readonly kind: 'junk' };

const JUNK: Incoming = { kind: 'junk' };
const NO_PARAMS: JsonObject = {};

/** Classifies a parsed JSON value as a message. Anything else is `junk`. */
export function asIncoming(value: unknown): Incoming {
  if (!isObject(value) || value.jsonrpc !== '2.0') return JUNK;
  const { id, method } = value;
  if (typeof method === 'string') {
    const params = isObject(value.params) ? value.params : NO_PARAMS;
    if (id === undefined) return { kind: 'notification', method, params };
    const isId = typeof id === 'string' || (typeof id === 'number' && Number.isFinite(id));
    return isId ? { kind: 'request', id, method, params } : JUNK;
  }
  if (isObject(value.result)) return { kind: 'result', id, result: value.result };
  const error = asRpcError(value.error);
  return error === null ? JUNK : { kind: 'error', id, error };
}

/** Returns the error of a response, or null if `value` is not a JSON-RPC error. */
export function asRpcError(value: unknown): RpcError | null {
  if (!isObject(value) || typeof value.code !== 'number') return null;
  return new RpcError(value.code, typeof value.message === 'string' ? value.message : 'no message', value.data);
}

/** Returns the parameters of `notifications/progress`, or null if they are invalid. */
export function asProgress({ progress, total, message }: JsonObject): ToolProgress | null {
  if (typeof progress !== 'number') return null;
  return {
    progress,
    ...(typeof total === 'number' && { total }),
    ...(typeof message === 'string' && { message }),
  };
}

/** Parses a text as a JSON object. Returns null for any other text. */
export function parseJson(text: string): JsonObject | null {
  try {
    const value = parseForeignJson(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * Serializes a message as JSON. Throws a TypeError if it cannot be represented. JSON.stringify by itself throws
 * whatever a `toJSON` throws, and a RangeError for a text that is too long.
 */
export function asJson(message: JsonObject): string {
  try {
    return JSON.stringify(message);
  } catch (error) {
    throw error instanceof TypeError ? error : new TypeError(rootReason(error), { cause: error });
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
