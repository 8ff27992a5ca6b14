import { type ErrorDetail, SwitchyardError } from '../../../shared/errors.ts';
import type { ConnectorTarget, RequestLimits, Sent } from './connection.ts';
import { describeRefusal, type HttpRefusal } from './http-refusal.ts';

/** The reason why a request to a connector failed, over any transport. */
export type Failure =
  /** The connector responded with a JSON-RPC error, which may say that the session is lost. */
  | { readonly kind: 'rpc'; readonly code: number; readonly reason: string; readonly isSessionLost?: boolean }
  /** The connector refused the credentials. `status` is 401 or 403; `hint` is a sentence of advice. */
  | { readonly kind: 'refused'; readonly status: number; readonly hint: string | null }
  /** A login is needed first, or a login failed. The error is reported unchanged. */
  | { readonly kind: 'login'; readonly error: SwitchyardError }
  /** Any other HTTP response that holds no JSON-RPC response. */
  | { readonly kind: 'status'; readonly refusal: HttpRefusal }
  | { readonly kind: 'timeout' }
  /** The response exceeded the size limit. */
  | { readonly kind: 'too-large'; readonly error: SwitchyardError }
  /**
   * The response is not valid MCP. `reason` is a clause about the connector, such as "the JSON in its answer is
   * damaged". `isSse` is true if a legacy SSE server responded.
   */
  | { readonly kind: 'unusable'; readonly reason: string; readonly isSse?: boolean }
  /** The arguments have no JSON form. */
  | { readonly kind: 'unsendable'; readonly reason: string }
  /**
   * The connection broke, or was never made. If `isRefused` is true, the address is not allowed, so no connection was
   * tried.
   */
  | { readonly kind: 'network'; readonly isUnsent: boolean; readonly reason: string; readonly isRefused?: boolean };

/** A response that is not valid MCP; the message is a clause about the connector. */
export class UnusableAnswer extends Error {}

/** A server of the legacy SSE transport responded: it sent an `endpoint` event. */
export class SseServerAnswered extends UnusableAnswer {
  constructor() {
    super('it uses the legacy SSE transport');
  }
}

/** The request was not sent, because the connection had already been closed. */
export class ClosedConnection extends Error {
  constructor() {
    super('The connection is closed');
  }
}

/** Returns the coded error for a failed handshake. */
export function toConnectError(
  failure: Failure,
  cause: unknown,
  target: ConnectorTarget,
  limits: RequestLimits,
): SwitchyardError {
  const where = `Connector ${target.id} at ${target.url.origin}${target.url.pathname}`;
  switch (failure.kind) {
    case 'refused':
      return refusedBy(`${where} refused the credentials (${failure.status}).`, failure, cause);
    case 'login':
      return failure.error;
    case 'timeout':
      return new SwitchyardError(
        'CONNECTOR_TIMEOUT',
        `${where} did not finish the handshake within ${Math.round(limits.timeoutMs)} ms.`,
        { cause, detail: { phase: 'connect' } },
      );
    case 'status': {
      const { refusal } = failure;
      const detail = { ...refusalDetail(refusal), step: refusal.step };
      if (refusal.status >= 300 && refusal.status < 400) {
        const why = `${where} redirects to another origin, or too often; the redirect is not followed.`;
        return new SwitchyardError('CONNECTOR_REDIRECTED', why, { cause, detail });
      }
      return connectFailed(where, `${describeRefusal(refusal)} and without an MCP message`, cause, detail);
    }
    case 'rpc':
      return connectFailed(where, `it refused the handshake: ${failure.reason} (${failure.code})`, cause, {
        rpcCode: failure.code,
      });
    case 'too-large':
      return connectFailed(where, failure.error.message, cause);
    case 'network':
      return failure.isRefused === true
        ? new SwitchyardError('CONNECTOR_ADDRESS_REFUSED', `${where} is refused: ${failure.reason}`, { cause })
        : connectFailed(where, failure.reason, cause);
    case 'unusable':
      return connectFailed(where, failure.reason, cause, failure.isSse === true ? { transport: 'sse' } : {});
    case 'unsendable':
      return connectFailed(where, failure.reason, cause);
  }
}

/** Returns the coded error for a failed page of a tool list. */
export function toListError(failure: Failure, cause: unknown, limits: RequestLimits): SwitchyardError {
  const detail = { phase: 'list' };
  switch (failure.kind) {
    case 'too-large':
      return invalidList(`A page of the tool list is too large: ${failure.error.message}`, cause);
    case 'timeout':
      return new SwitchyardError('CONNECTOR_TIMEOUT', `The tool list did not arrive within ${limits.timeoutMs} ms.`, {
        cause,
        detail,
      });
    case 'refused': {
      const why = withHint('The connector refused the credentials for its tool list.', failure.hint);
      return new SwitchyardError('CONNECTOR_REFUSED', why, { cause, detail });
    }
    case 'login':
      return failure.error;
    case 'status': {
      const { refusal } = failure;
      if (refusal.kind === 'session-lost') return lostList(describeRefusal(refusal), cause);
      return invalidList(`The tool list cannot be read: ${describeRefusal(refusal)}`, cause, refusalDetail(refusal));
    }
    case 'rpc':
      if (failure.isSessionLost === true) return lostList('the connector does not know the session', cause);
      return invalidList(`The tool list cannot be read: ${failure.reason}`, cause);
    case 'unusable':
    case 'unsendable':
      return invalidList(`The tool list cannot be read: ${failure.reason}`, cause);
    case 'network':
      if (failure.isRefused !== true) return lostList(failure.reason, cause);
      return new SwitchyardError('CONNECTOR_ADDRESS_REFUSED', listFailed(failure.reason), { cause, detail });
  }
}

/**
 * Returns the coded error for a failed call. An error that the connector sends is a response (TOOL_CALL_REJECTED); only
 * a loss of the connection or the session is TOOL_CALL_LOST. `what` names the call, as in "Tool echo".
 */
export function toCallError(failure: Failure, cause: unknown, what: string, limits: RequestLimits): SwitchyardError {
  switch (failure.kind) {
    case 'too-large':
      return failure.error;
    case 'rpc': {
      const loss = failure.isSessionLost === true ? { sent: 'maybe', session: 'lost' } : {};
      return rejected(`${what} was rejected: ${failure.reason}`, cause, { rpcCode: failure.code, ...loss });
    }
    case 'timeout':
      return new SwitchyardError('TOOL_CALL_TIMEOUT', `${what} did not answer within ${limits.timeoutMs} ms.`, {
        cause,
      });
    case 'refused':
      return refusedBy(`${what}: the connector refused the credentials (${failure.status}).`, failure, cause);
    case 'login':
      return failure.error;
    case 'unsendable': {
      const why = `${what}: the arguments cannot be sent: ${failure.reason}`;
      return new SwitchyardError('OPTIONS_INVALID', why, { cause });
    }
    case 'unusable':
      return rejected(`${what}: ${failure.reason}.`, cause);
    case 'status': {
      const { refusal } = failure;
      const { kind, sent } = refusal;
      const detail = { ...refusalDetail(refusal), sent };
      if (kind !== 'session-lost') return rejected(`${what}: ${describeRefusal(refusal)}.`, cause, detail);
      return lost(what, sent, describeRefusal(refusal), cause, { ...detail, session: 'lost' });
    }
    case 'network':
      return lost(what, failure.isUnsent ? 'no' : 'maybe', failure.reason, cause);
  }
}

function refusedBy(why: string, { status, hint }: Failure & { kind: 'refused' }, cause: unknown): SwitchyardError {
  return new SwitchyardError('CONNECTOR_REFUSED', withHint(why, hint), { cause, detail: { status } });
}

function withHint(why: string, hint: string | null): string {
  return hint === null ? why : `${why} ${hint}`;
}

function connectFailed(where: string, why: string, cause: unknown, detail = {}): SwitchyardError {
  return new SwitchyardError('CONNECTOR_CONNECT_FAILED', `${where} could not connect: ${why}`, { cause, detail });
}

function invalidList(message: string, cause: unknown, detail: ErrorDetail = {}): SwitchyardError {
  return new SwitchyardError('CONNECTOR_LIST_INVALID', message, { cause, detail: { ...detail, phase: 'list' } });
}

/**
 * Returns the error for a tool list that failed because the connection was lost. The connector has to reconnect before
 * the list can be read.
 */
function lostList(reason: string, cause: unknown): SwitchyardError {
  return new SwitchyardError('CONNECTOR_CONNECT_FAILED', listFailed(reason), { cause, detail: { phase: 'list' } });
}

function listFailed(reason: string): string {
  return `The connection failed while tools were listed: ${reason}`;
}

/** Returns the machine-readable facts of a refusal. */
function refusalDetail({ status, rpcCode, retryAfterMs }: HttpRefusal): ErrorDetail {
  return {
    status,
    ...(rpcCode !== null && { rpcCode }),
    ...(retryAfterMs !== null && { retryAfterMs }),
  };
}

function rejected(message: string, cause: unknown, detail = {}): SwitchyardError {
  return new SwitchyardError('TOOL_CALL_REJECTED', message, { cause, detail });
}

function lost(what: string, sent: Sent, reason: string, cause: unknown, detail: ErrorDetail = {}): SwitchyardError {
  const fate = sent === 'no' ? 'did not run, because' : 'may have run, but its response was lost when';
  return new SwitchyardError('TOOL_CALL_LOST', `${what} ${fate} the connection failed: ${reason}`, {
    cause,
    detail: { ...detail, sent },
  });
}
