import { rootReason } from '../../shared/errors.ts';
import { parseForeignJson } from '../../shared/json/parse-foreign.ts';
import type { ToolProgress } from './tool-result.ts';

/**
 * The modern revision of MCP. It has neither a handshake nor sessions, so each request contains everything that the
 * server needs.
 */
export const MODERN_REVISION = '2026-07-28';

/** The legacy revisions of MCP, the newest first. A handshake offers the first one. */
export const LEGACY_REVISIONS: readonly [string, ...string[]] = [
  '2025-11-25',
  '2025-06-18',
  '2025-03-26',
  '2024-11-05',
];

/**
 * The legacy revisions that a server may choose in the handshake. They include the revision of the first SDKs, which
 * old servers still choose.
 */
export const ACCEPTED_LEGACY_REVISIONS: readonly string[] = [...LEGACY_REVISIONS, '2024-10-07'];

/** A JSON object, such as the parameters or the result of a request. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** An error response (JSON-RPC 2.0 section 5.1), exactly as it was received. */
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

/** The response of a server to a request: a result or an error. */
export type Answer = Extract<Incoming, { readonly kind: 'result' | 'error' }>;

/** A request or notification that a server sends on its own initiative. */
export type FromServer = Extract<Incoming, { readonly kind: 'request' | 'notification' }>;

export const RPC_METHOD_NOT_FOUND = -32_601;
export const RPC_INTERNAL_ERROR = -32_603;
/**
 * Error code of MCP 2026-07-28 for an unsupported revision. `data.supported` lists the revisions that the server
 * supports.
 */
export const RPC_UNSUPPORTED_VERSION = -32_022;

/** A received message, classified by its members. */
export type Incoming =
  | { readonly kind: 'result'; readonly id: unknown; readonly result: JsonObject }
  | { readonly kind: 'error'; readonly id: unknown; readonly error: RpcError }
  | { readonly kind: 'request'; readonly id: string | number; readonly method: string; readonly params: JsonObject }
  | { readonly kind: 'notification'; readonly method: string; readonly params: JsonObject }
  | { readonly kind: 'junk' };

const JUNK: Incoming = { kind: 'junk' };
const NO_PARAMS: JsonObject = {};

/** Classifies a parsed JSON value as a message. A value that is not a message becomes `junk`. */
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

/** Converts the `error` member of a response to an error. Returns null if `value` is not a JSON-RPC error. */
export function asRpcError(value: unknown): RpcError | null {
  if (!isObject(value) || typeof value.code !== 'number') return null;
  return new RpcError(value.code, typeof value.message === 'string' ? value.message : 'no message', value.data);
}

/** Reads the parameters of a `notifications/progress`. Returns null if they are invalid. */
export function asProgress({ progress, total, message }: JsonObject): ToolProgress | null {
  if (typeof progress !== 'number') return null;
  return {
    progress,
    ...(typeof total === 'number' && { total }),
    ...(typeof message === 'string' && { message }),
  };
}

/** Parses a string as a JSON object. Returns null if the string is anything else. */
export function parseJson(text: string): JsonObject | null {
  try {
    const value = parseForeignJson(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * Serializes a message as JSON. Throws a TypeError if that fails for any reason. JSON.stringify alone would throw other
 * errors: a RangeError if the string is too long, and any error that a `toJSON` method throws.
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
