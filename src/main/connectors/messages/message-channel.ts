import type { Cancellation } from '../../../shared/cancellation.ts';
import type { RemoteToolDefinition } from '../../../shared/tools/tool-definition.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import type { RequestTraffic } from '../connection/connection.ts';

export interface ChannelRequestOptions extends RequestTraffic {
  /** Aborting it cancels the request; null for a request that cannot be cancelled. */
  readonly signal: Cancellation | null;
  /** The tool of a call; Streamable HTTP repeats some of its arguments in headers. */
  readonly tool?: RemoteToolDefinition | undefined;
}

/** JSON-RPC with one server over some byte transport. A connection sends and receives everything through it. */
export interface MessageChannel {
  readonly isModern: boolean;
  /** The session that the server opened; null or omitted without a session. */
  readonly sessionId?: string | null;
  /** Uses the modern revision or a legacy revision from now on. `revision` is null until it is negotiated. */
  speak(era: 'modern' | 'legacy', revision: string | null): void;
  /**
   * Sends a request and resolves with its result. Rejects with an RpcError, an UnusableAnswer, TOOL_RESULT_TOO_LARGE,
   * the transport's error, a TypeError if `params` have no JSON form, or the signal's reason.
   */
  request(method: string, params: JsonObject, options: ChannelRequestOptions): Promise<JsonObject>;
  /** Sends a notification. Rejects if the transport does not accept it. */
  notify(method: string, params: JsonObject): Promise<void>;
  /** Sends a response to a request of the server. Rejects if the transport does not accept it. */
  answer(id: string | number, answer: { readonly result: JsonObject } | { readonly error: JsonObject }): Promise<void>;
}
