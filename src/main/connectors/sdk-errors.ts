import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError, UnauthorizedError } from '@modelcontextprotocol/client';
import { codeOf, rootReason, SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorTarget, RequestLimits, Sent } from './connection.ts';

/** What the network said last, as the fetch under the SDK saw it; the SDK's own errors do not always tell. */
export interface WireTrace {
  /** Status of the last answer; null before the first. */
  lastStatus: number | null;
  /** Whether the last request got no answer at all. */
  isUnreachable: boolean;
}

/** The coded form of whatever failed a handshake. */
export function toConnectError(
  error: unknown,
  target: ConnectorTarget,
  trace: WireTrace,
  limits: RequestLimits,
): unknown {
  if (limits.signal.aborted) return limits.signal.reason;
  const where = `Connector ${target.id} at ${target.url.origin}${target.url.pathname}`;
  const { lastStatus } = trace;
  if (isRefusal(error, lastStatus)) {
    return new SwitchyardError('CONNECTOR_REFUSED', `${where} refused the credentials (${lastStatus}).`, {
      cause: withoutBody(error),
      detail: { status: lastStatus ?? 401 },
    });
  }
  if (hasSdkCode(error, SdkErrorCode.RequestTimeout)) {
    return new SwitchyardError(
      'CONNECTOR_TIMEOUT',
      `${where} did not finish the handshake within ${Math.round(limits.timeoutMs)} ms.`,
      { cause: error, detail: { phase: 'connect' } },
    );
  }
  if (lastStatus !== null && lastStatus >= 300 && lastStatus < 400) {
    const why = `${where} answers with a redirect that is not followed: to another origin, or one too many.`;
    return new SwitchyardError('CONNECTOR_REDIRECTED', why, { cause: error, detail: { status: lastStatus } });
  }
  const why =
    trace.isUnreachable || lastStatus === null
      ? rootReason(networkCause(error))
      : `it answered ${lastStatus} and no MCP`;
  return new SwitchyardError('CONNECTOR_CONNECT_FAILED', `${where} cannot be connected: ${why}`, {
    cause: withoutBody(error),
  });
}

/** The coded form of whatever failed a page of a tool list. */
export function toListError(error: unknown, limits: RequestLimits): unknown {
  if (limits.signal.aborted) return limits.signal.reason;
  const detail = { phase: 'list' };
  if (isTooLarge(error)) {
    return new SwitchyardError('CONNECTOR_LIST_INVALID', `A page of the tool list is too large: ${error.message}`, {
      cause: error,
      detail,
    });
  }
  if (hasSdkCode(error, SdkErrorCode.RequestTimeout)) {
    return new SwitchyardError('CONNECTOR_TIMEOUT', `The tool list did not arrive within ${limits.timeoutMs} ms.`, {
      cause: error,
      detail,
    });
  }
  const status = statusOf(error);
  if (isRefusal(error, status)) {
    return new SwitchyardError('CONNECTOR_REFUSED', 'The connector refused the credentials when asked for its tools.', {
      cause: withoutBody(error),
      detail,
    });
  }
  if (error instanceof SdkError || error instanceof ProtocolError || status !== null) {
    const why = status === null ? rootReason(error) : `it answered ${status}`;
    return new SwitchyardError('CONNECTOR_LIST_INVALID', `The tool list cannot be read: ${why}`, {
      cause: withoutBody(error),
      detail,
    });
  }
  return new SwitchyardError(
    'CONNECTOR_CONNECT_FAILED',
    `The connection failed while tools were listed: ${rootReason(error)}`,
    { cause: error, detail },
  );
}

/**
 * The coded form of whatever failed a call. An error that the connector answered is an answer (TOOL_CALL_REJECTED); only what
 * happened to the connection or the session is TOOL_CALL_LOST.
 */
export function toCallError(error: unknown, toolName: string, limits: RequestLimits): unknown {
  if (limits.signal.aborted) return limits.signal.reason;
  if (isTooLarge(error)) return error;
  if (error instanceof ProtocolError) {
    return new SwitchyardError('TOOL_CALL_REJECTED', `Tool ${toolName} was rejected: ${error.message}`, {
      cause: error,
      detail: { rpcCode: error.code },
    });
  }
  if (hasSdkCode(error, SdkErrorCode.RequestTimeout)) {
    return new SwitchyardError('TOOL_CALL_TIMEOUT', `Tool ${toolName} did not answer within ${limits.timeoutMs} ms.`, {
      cause: error,
    });
  }
  const status = statusOf(error);
  if (isRefusal(error, status)) {
    return new SwitchyardError(
      'CONNECTOR_REFUSED',
      `Tool ${toolName}: the connector refused the credentials (${status ?? 401}).`,
      { cause: withoutBody(error), detail: { status: status ?? 401 } },
    );
  }
  if (status !== null && !isSessionLost(error, status)) {
    return new SwitchyardError('TOOL_CALL_REJECTED', `Tool ${toolName}: the connector answered ${status}.`, {
      cause: withoutBody(error),
      detail: { status },
    });
  }
  if (isUnsendable(error)) {
    return new SwitchyardError(
      'OPTIONS_INVALID',
      `The arguments of tool ${toolName} cannot be sent: ${error.message}`,
      { cause: error },
    );
  }
  // Refused as one of an unknown session, or never on its way: the tool did not run.
  const sent: Sent = status !== null || isUnsent(error) ? 'no' : 'maybe';
  const fate = sent === 'no' ? 'it was not sent' : 'it may have run';
  return new SwitchyardError(
    'TOOL_CALL_LOST',
    `The connection failed during the call of ${toolName}, ${fate}: ${rootReason(withoutBody(error))}`,
    { cause: withoutBody(error), detail: { sent } },
  );
}

/** What the network says where no connection came about. */
const NEVER_CONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const MAX_CAUSES = 8;

function isUnsent(error: unknown): boolean {
  return hasNetworkCode(error, NEVER_CONNECTED);
}

function hasNetworkCode(error: unknown, codes: ReadonlySet<string>): boolean {
  let current: unknown = networkCause(error);
  for (let depth = 0; depth < MAX_CAUSES && current instanceof Error; depth += 1) {
    if (codes.has(codeOf(current) ?? '')) return true;
    current = current.cause ?? (current instanceof AggregateError ? current.errors[0] : undefined);
  }
  return false;
}

/** What the network says of a connection that broke under a request, as a kept one does that the server closes in the same moment. */
const BROKEN: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** Whether a request failed with its connection, so that one that is safe to repeat may be sent again over a new one. */
export function isBrokenConnection(error: unknown): boolean {
  return hasNetworkCode(error, BROKEN);
}

function isTooLarge(error: unknown): error is SwitchyardError {
  return error instanceof SwitchyardError && error.code === 'TOOL_RESULT_TOO_LARGE';
}

/** The SDK puts the body of an error page into its message; a server that echoes its requests would have our keys in every log. */
function withoutBody(error: unknown): unknown {
  const status = statusOf(error);
  return status === null ? error : new Error(`HTTP ${status}`);
}

function statusOf(error: unknown): number | null {
  return error instanceof SdkHttpError ? (error.data?.status ?? null) : null;
}

/**
 * A session that is gone is answered with 404, or with 400 by some servers. A 400 that carries one of JSON-RPC's own errors
 * (−32700 to −32600) is an answer to the call.
 */
function isSessionLost(error: unknown, status: number): boolean {
  if (status === 404) return true;
  if (status !== 400) return false;
  const code = rpcCodeIn(error instanceof SdkHttpError ? error.data?.text : undefined);
  return code === null || code < -32_700 || code > -32_600;
}

function rpcCodeIn(text: unknown): number | null {
  try {
    const code: unknown = JSON.parse(String(text))?.error?.code;
    return typeof code === 'number' ? code : null;
  } catch {
    return null;
  }
}

/** What JSON.stringify throws on a cycle or a bigint; the network's TypeErrors have a cause. */
function isUnsendable(error: unknown): error is TypeError {
  return error instanceof TypeError && error.cause === undefined;
}

/** Whether credentials were refused; never a reason to try another era or transport. */
export function isRefusal(error: unknown, status: number | null): boolean {
  return status === 401 || status === 403 || error instanceof UnauthorizedError;
}

/** Whether `error` is the SDK's, with this code. */
export function hasSdkCode(error: unknown, code: SdkErrorCode): boolean {
  return error instanceof SdkError && error.code === code;
}

/** The SDK hides the network's error in `data`. */
function networkCause(error: unknown): unknown {
  const data = error instanceof SdkError ? (error.data as { cause?: unknown } | undefined) : undefined;
  return data?.cause ?? error;
}
