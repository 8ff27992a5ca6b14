import { type ErrorCodeEntry, entry } from './entry.ts';

/** Tools and their calls. */
export const CALL_ERRORS = {
  TOOL_UNKNOWN: entry(
    'No connected connector offers a tool of this name.',
    'Compare with `listTools()`, or `mcp-switchyard tools`.',
  ),
  TOOL_CHANGED: entry(
    'The definition of the tool is no longer the one that was first seen, and `pinTools` is `quarantine`.',
    'Look at it with `mcp-switchyard tools diff`; if it is right, `mcp-switchyard tools approve` it.',
  ),
  TOOL_NOT_APPROVED: entry(
    'The definition of the tool is not the one that the signed service map approves with `toolDigests`.',
    'Compare it with what its publisher meant; if it is right, publish the digest that `tools digest` prints.',
  ),
  TOOL_CALL_REJECTED: entry(
    'The connector answered the call with a JSON-RPC error, whose message this is, or with an HTTP status and no ' +
      'answer. `detail.sent` is `maybe` where the tool may have run all the same.',
    'Read the message. `detail.retryAfterMs` is how long the connector wants to be left alone, if it says so.',
  ),
  TOOL_CALL_TIMEOUT: entry(
    'The tool did not answer in time; it may still have run.',
    'Raise `timeoutMs`, or ask the connector.',
  ),
  TOOL_CALL_ABORTED: entry(
    'The caller aborted the call; it may still have run.',
    'Nothing to do: the caller asked for it.',
  ),
  TOOL_CALL_LOST: entry(
    'The connection failed during the call. `detail.sent` says whether the tool may have run (`maybe`) or ' +
      'surely did not (`no`, after it was sent again once).',
    'Repeat it if the tool is safe to repeat.',
  ),
  TOOL_RESULT_TOO_LARGE: entry(
    'The answer of the connector is larger than the cap, counted after decompression; the tool did run.',
    'Ask for less, or raise `maxResultBytes`.',
  ),
  QUOTA_EXCEEDED: entry(
    'The quota that the service map sets for the connector is used up and too many calls wait already, or ' +
      'it allows none.',
    'Call less often, or raise the quota in the map.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
