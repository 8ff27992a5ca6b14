import { type ErrorCodeEntry, entry } from './entry.ts';

/** Error codes of tools and their calls. */
export const CALL_ERRORS = {
  TOOL_UNKNOWN: entry(
    'No connected connector offers a tool of this name.',
    'Compare the name with `listTools()` or `mcp-switchyard tools`.',
  ),
  TOOL_CHANGED: entry(
    'The tool definition differs from the one that was pinned first, and `pinTools` is `quarantine`.',
    'Review the change with `mcp-switchyard tools diff`. If it is right, run `mcp-switchyard tools approve`.',
  ),
  TOOL_NOT_APPROVED: entry(
    'The tool definition differs from the one that the signed service map approves with `toolDigests`.',
    'Check with the publisher of the tool. If the definition is right, publish the digest that `tools digest` prints.',
  ),
  TOOL_CALL_REJECTED: entry(
    'The connector answered the call with a JSON-RPC error, whose message this is, or with an HTTP error ' +
      'status and no JSON-RPC response. If `detail.sent` is `maybe`, the tool may have run all the same.',
    'Read the message. `detail.retryAfterMs` is how long to wait before a retry, if the connector says so.',
  ),
  TOOL_CALL_TIMEOUT: entry(
    'The tool did not answer before the timeout. It may still have run.',
    'Raise `timeoutMs`, or check the connector.',
  ),
  TOOL_CALL_ABORTED: entry(
    'The caller aborted the call. The tool may still have run.',
    'Nothing to do: the caller requested it.',
  ),
  TOOL_CALL_LOST: entry(
    'The connection failed during the call. `detail.sent` says whether the tool may have run (`maybe`) or ' +
      'cannot have run (`no`, after one retry).',
    'Repeat the call if the tool is safe to repeat.',
  ),
  TOOL_RESULT_TOO_LARGE: entry(
    'The response of the connector is larger than the limit, measured after decompression. The tool did run.',
    'Request less data, or raise `maxResultBytes`.',
  ),
  QUOTA_EXCEEDED: entry(
    'The quota that the service map sets for the connector is used up and too many calls are waiting already, ' +
      'or the quota allows no calls.',
    'Call less often, or raise the quota in the service map.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
