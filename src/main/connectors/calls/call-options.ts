import type { Cancellation } from '../../../shared/cancellation.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import type { RequestTraffic } from '../connection/connection.ts';

/** How to send something to a connector, and what to hear of it meanwhile. */
export interface RequestOptions extends RequestTraffic {
  readonly signal?: Cancellation | undefined;
  /** For the whole request, waiting included. Defaults to the entry's `timeouts.call`, else to 60 000 ms. */
  readonly timeoutMs?: number | undefined;
}

/** How to call a tool. */
export interface CallToolOptions extends RequestOptions {
  /** Members of the request's parameters besides `name` and `arguments`, such as `_meta`. */
  readonly params?: JsonObject | undefined;
}
