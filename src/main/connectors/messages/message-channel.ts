import type { Cancellation } from '../../../shared/cancellation.ts';
import type { RemoteToolDefinition } from '../../../shared/tools/tool-definition.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import type { RequestTraffic } from '../connection/connection.ts';

export interface ChannelRequestOptions extends RequestTraffic {
  /** Cancels the request when it aborts; null for a request that cannot be cancelled. */
  readonly signal: Cancellation | null;
  /** The tool that the request calls. Streamable HTTP repeats some of its arguments in headers. */
  readonly tool?: RemoteToolDefinition | undefined;
}

/**
 * Sends and receives the JSON-RPC messages of one server over any byte transport. A connection uses it for all its
 * messages.
 */
export interface MessageChannel {
  readonly isModern: boolean;
  /** The id of the session that the server opened; null or omitted without a session. */
  readonly sessionId?: string | null;
  /**
   * Writes all later messages for the modern revision or for a legacy revision. `revision` is null until it is
   * negotiated.
   */
  speak(era: 'modern' | 'legacy', revision: string | null): void;
  /**
   * Sends a request and resolves with its result. Rejects with an RpcError, an UnusableAnswer, TOOL_RESULT_TOO_LARGE,
   * the transport's error, a TypeError if `params` have no JSON form, or the signal's reason.
   */
  request(method: string, params: JsonObject, options: ChannelRequestOptions): Promise<JsonObject>;
  /** Sends a notification. Rejects if the transport does not accept it. */
  notify(method: string, params: JsonObject): Promise<void>;
  /** Sends the response to a request from the server. Rejects if the transport does not accept the response. */
  answer(id: string | number, answer: { readonly result: JsonObject } | { readonly error: JsonObject }): Promise<void>;
}
