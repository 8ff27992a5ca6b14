import { type ErrorCodeEntry, entry } from './entry.ts';

/** Error codes of tools and their calls. */
export const CALL_ERRORS = {
  TOOL_UNKNOWN: entry(
    'No connected connector has a tool with this name.',
    'List the tools again, and use a name from that list.',
  ),
  TOOL_CHANGED: entry(
    'The tool definition differs from its pin, the definition first seen or last approved. The tool cannot be called ' +
      'until the new definition is approved, because `pinTools` is `quarantine`.',
    'On the host, review the change with `mcp-switchyard tools diff`. If it is intended, accept it with ' +
      '`mcp-switchyard tools approve`.',
  ),
  TOOL_NOT_APPROVED: entry(
    'The tool definition differs from the one that the signed service map approves with `toolDigests`.',
    'The publisher of the map can approve the new definition: `mcp-switchyard tools digest` prints its digest.',
  ),
  TOOL_CALL_REJECTED: entry(
    'The connector answered the call with a JSON-RPC error, whose message is passed on, or with an HTTP error ' +
      'status without a JSON-RPC response. If `detail.sent` is `maybe`, the tool may have run all the same.',
    'Correct the call as the message says. If the connector says how long to wait before a retry, ' +
      '`detail.retryAfterMs` holds that time.',
  ),
  TOOL_CALL_TIMEOUT: entry(
    'The tool did not answer before the timeout. It may still have run.',
    'Repeat the call if the tool is safe to repeat. The host can allow more time with `timeoutMs`.',
  ),
  TOOL_CALL_ABORTED: entry(
    'The caller aborted the call. The tool may still have run.',
    'Nothing to do: the caller requested it.',
  ),
  TOOL_CALL_LOST: entry(
    'The connection failed during the call. If `detail.sent` is `maybe`, the tool may have run. If it is `no`, the ' +
      'tool did not run, although the call was retried once.',
    'Repeat the call if the tool is safe to repeat.',
  ),
  TOOL_RESULT_TOO_LARGE: entry(
    'The response of the connector is larger than the limit, measured after decompression. The tool did run.',
    'Request less data. The host can allow larger responses with `maxResultBytes`.',
  ),
  QUOTA_EXCEEDED: entry(
    'The quota that the service map sets for the connector is used up, and too many calls wait already. A quota ' +
      'of zero allows no calls at all.',
    'Call less often. The publisher of the map can raise the quota.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
