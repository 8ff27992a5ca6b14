import type { ErrorCode } from '../../../shared/error-codes.ts';

/**
 * What a client of the gateway can do about an error. The remedies of docs/errors.md are for the host and its operator;
 * a client is only told what it can act on, so most codes have no remedy here.
 */
const CLIENT_REMEDIES: Partial<Record<ErrorCode, string>> = {
  CONNECTOR_UNAVAILABLE: 'Retry later, or ask the operator of the gateway: its status page shows the reason.',
  CONNECTOR_GONE: 'List the tools again: the connector was removed or disabled.',
  TOOL_UNKNOWN: 'List the tools again, and use a name from the list.',
  TOOL_CALL_TIMEOUT: 'Retry with less work for one call, if the tool may run twice.',
  TOOL_CALL_REJECTED: 'Read the message; `retryAfterMs`, if present, is how long to wait before a retry.',
  TOOL_CALL_LOST: 'Retry if the tool may run twice; with `sent: "no"` it did not run.',
  TOOL_RESULT_TOO_LARGE: 'Ask the tool for less, such as a page or a filter.',
  TOOL_CHANGED: 'Ask the operator of the gateway to approve the changed tool.',
  TOOL_NOT_APPROVED: 'Ask the operator of the gateway to approve the tool.',
  QUOTA_EXCEEDED: 'Retry later, and call less often.',
  OPTIONS_INVALID: 'Correct the parameters of the request.',
  CLOSED: 'Connect again: the gateway is shutting down.',
};

/** Returns what a client can do about an error of this code; undefined if it can do nothing. */
export function clientRemedy(code: ErrorCode): string | undefined {
  return CLIENT_REMEDIES[code];
}
