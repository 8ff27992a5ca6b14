import type { ErrorCode } from '../../../shared/error-codes.ts';

/**
 * What a client of the gateway can do about an error. The remedies in docs/errors.md are for the host and its operator.
 * A client is told only what it can act on, so most codes have no remedy here.
 */
const CLIENT_REMEDIES: Partial<Record<ErrorCode, string>> = {
  CONNECTOR_UNAVAILABLE: 'Retry later, or ask the operator of the gateway. Its status page shows the reason.',
  CONNECTOR_GONE: 'The connector was removed or disabled. List the tools again.',
  TOOL_UNKNOWN: 'List the tools again, and use a name from the list.',
  TOOL_CALL_TIMEOUT: 'If the tool may run twice, retry with less work in one call.',
  TOOL_CALL_REJECTED: 'Read the message. If `retryAfterMs` is present, wait for that long before a retry.',
  TOOL_CALL_LOST: 'With `sent: "no"`, the tool did not run: retry. Otherwise, retry only if the tool may run twice.',
  TOOL_RESULT_TOO_LARGE: 'Ask the tool for less, such as a page or a filter.',
  TOOL_CHANGED: 'Ask the operator of the gateway to approve the changed tool.',
  TOOL_NOT_APPROVED: 'Ask the operator of the gateway to approve the tool.',
  QUOTA_EXCEEDED: 'Retry later, and call less often.',
  OPTIONS_INVALID: 'Correct the parameters of the request.',
  CLOSED: 'The gateway is shutting down. Connect again.',
};

/** Returns what a client can do about an error of this code; undefined if it can do nothing. */
export function clientRemedy(code: ErrorCode): string | undefined {
  return CLIENT_REMEDIES[code];
}
