import type { Cancellation } from '../../../shared/cancellation.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import type { RequestTraffic } from '../connection/connection.ts';

/** Options of a request to a connector, and callbacks for its progress. */
export interface RequestOptions extends RequestTraffic {
  readonly signal?: Cancellation | undefined;
  /**
   * Time limit for the whole request, including waiting. Defaults to the entry's `timeouts.call`, else to 60 000 ms.
   */
  readonly timeoutMs?: number | undefined;
}

/** Options of a tool call. */
export interface CallToolOptions extends RequestOptions {
  /** Parameters of the request in addition to `name` and `arguments`, such as `_meta`. */
  readonly params?: JsonObject | undefined;
}
