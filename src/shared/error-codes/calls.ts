import { type ErrorCodeEntry, entry } from './entry.ts';

/** Error codes of tools and their calls. */
export const CALL_ERRORS = {
  TOOL_UNKNOWN: entry(
    'No connector that is connected has a tool with this name.',
    'List the tools again, and use a name from that list.',
  ),
  TOOL_CHANGED: entry(
    'The definition of the tool differs from its pin, which is the definition that the host first saw or last ' +
      'approved. The tool cannot be called until the new definition is approved, because `pinTools` is ' +
      '`quarantine`.',
    'On the host, review the change with `mcp-switchyard tools diff`. If it is intended, accept it with ' +
      '`mcp-switchyard tools approve`.',
  ),
  TOOL_NOT_APPROVED: entry(
    'The definition of the tool differs from the definition that the signed service map approves with `toolDigests`.',
    'Ask the publisher of the map to approve the new definition. `mcp-switchyard tools digest` prints its digest.',
  ),
  TOOL_CALL_REJECTED: entry(
    'The connector answered the call with a JSON-RPC error, or with an HTTP error status and no JSON-RPC ' +
      'response. The message of a JSON-RPC error is passed on. If `detail.sent` is `maybe`, the tool may have run ' +
      'nevertheless.',
    'Correct the call as the message says. If the connector says how long to wait before a retry, ' +
      '`detail.retryAfterMs` holds that time.',
  ),
  TOOL_CALL_TIMEOUT: entry(
    'The tool did not answer before the timeout. It may have run nevertheless.',
    'Repeat the call if running the tool twice does no harm. The host can allow more time with `timeoutMs`.',
  ),
  TOOL_CALL_ABORTED: entry(
    'The caller aborted the call. The tool may have run nevertheless.',
    'No action is needed, because the caller aborted the call on purpose.',
  ),
  TOOL_CALL_LOST: entry(
    'The connection failed during the call. If `detail.sent` is `maybe`, the tool may have run. If it is `no`, ' +
      'the tool did not run, although the call was retried once.',
    'Repeat the call if it does no harm when the tool runs twice.',
  ),
  TOOL_RESULT_TOO_LARGE: entry(
    'The response of the connector is larger than the limit, measured after decompression. The tool has run.',
    'Request less data. The host can allow larger responses with `maxResultBytes`.',
  ),
  QUOTA_EXCEEDED: entry(
    'The quota that the service map sets for the connector is used up, and too many calls are already waiting. A ' +
      'quota of zero allows no calls at all.',
    'Call less often. The publisher of the map can raise the quota.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
