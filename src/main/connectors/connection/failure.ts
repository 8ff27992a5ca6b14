import { codeOf, rootReason, SwitchyardError } from '../../../shared/errors.ts';
import type { ConnectorTarget, RequestLimits, Sent } from './connection.ts';

/** What went wrong with a request to a connector, whichever way it was sent. */
export type Failure =
  /** The connector answered with a JSON-RPC error: an answer. */
  | { readonly kind: 'rpc'; readonly code: number; readonly reason: string }
  /** It refused the credentials; `status` is 401 or 403. */
  | { readonly kind: 'refused'; readonly status: number }
  /** Another HTTP status that carries no answer. */
  | { readonly kind: 'status'; readonly status: number; readonly isSessionLost: boolean }
  | { readonly kind: 'timeout' }
  /** Its answer went beyond the cap. */
  | { readonly kind: 'too-large'; readonly error: SwitchyardError }
  /** It answered with what is no MCP; `reason` is a clause about "it". */
  | { readonly kind: 'unusable'; readonly reason: string }
  /** The arguments have no JSON form. */
  | { readonly kind: 'unsendable'; readonly reason: string }
  /** The connection broke, or never came about; `isRefused` where it was not even tried, for the sake of the address. */
  | { readonly kind: 'network'; readonly isUnsent: boolean; readonly reason: string; readonly isRefused?: boolean };

/** An answer that is no MCP; the message is a clause about the connector. */
export class UnusableAnswer extends Error {}

/** A request over a connection that was closed before: it was not sent. */
export class ClosedConnection extends Error {
  constructor() {
    super('The connection is closed');
  }
}

/** An HTTP status in place of an answer. The body is there to be judged, never to be shown: it may echo what was sent. */
export class StatusError extends Error {
  readonly status: number;
  readonly #text: string;

  constructor(status: number, text: string) {
    super(`HTTP ${status}`);
    this.status = status;
    this.#text = text;
  }

  asFailure(): Failure {
    return statusFailure(this.status, this.#text);
  }
}

/** The coded form of what failed a handshake. */
export function toConnectError(
  failure: Failure,
  cause: unknown,
  target: ConnectorTarget,
  limits: RequestLimits,
): SwitchyardError {
  const where = `Connector ${target.id} at ${target.url.origin}${target.url.pathname}`;
  switch (failure.kind) {
    case 'refused':
      return new SwitchyardError('CONNECTOR_REFUSED', `${where} refused the credentials (${failure.status}).`, {
        cause,
        detail: { status: failure.status },
      });
    case 'timeout':
      return new SwitchyardError(
        'CONNECTOR_TIMEOUT',
        `${where} did not finish the handshake within ${Math.round(limits.timeoutMs)} ms.`,
        { cause, detail: { phase: 'connect' } },
      );
    case 'status': {
      const { status } = failure;
      if (status >= 300 && status < 400) {
        const why = `${where} answers with a redirect that is not followed: to another origin, or one too many.`;
        return new SwitchyardError('CONNECTOR_REDIRECTED', why, { cause, detail: { status } });
      }
      return connectFailed(where, `it answered ${status} and no MCP`, cause, { status });
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
    case 'unsendable':
      return connectFailed(where, failure.reason, cause);
  }
}

/** The coded form of what failed a page of a tool list. */
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
      const why = 'The connector refused the credentials when asked for its tools.';
      return new SwitchyardError('CONNECTOR_REFUSED', why, { cause, detail });
    }
    case 'status':
      return invalidList(`The tool list cannot be read: it answered ${failure.status}`, cause);
    case 'rpc':
    case 'unusable':
    case 'unsendable':
      return invalidList(`The tool list cannot be read: ${failure.reason}`, cause);
    case 'network':
      return new SwitchyardError(
        failure.isRefused === true ? 'CONNECTOR_ADDRESS_REFUSED' : 'CONNECTOR_CONNECT_FAILED',
        `The connection failed while tools were listed: ${failure.reason}`,
        { cause, detail },
      );
  }
}

/**
 * The coded form of what failed a call. An error that the connector answered is an answer (TOOL_CALL_REJECTED); only what
 * happened to the connection or the session is TOOL_CALL_LOST. `what` names the call, as in "Tool echo".
 */
export function toCallError(failure: Failure, cause: unknown, what: string, limits: RequestLimits): SwitchyardError {
  switch (failure.kind) {
    case 'too-large':
      return failure.error;
    case 'rpc':
      return rejected(`${what} was rejected: ${failure.reason}`, cause, { rpcCode: failure.code });
    case 'timeout':
      return new SwitchyardError('TOOL_CALL_TIMEOUT', `${what} did not answer within ${limits.timeoutMs} ms.`, {
        cause,
      });
    case 'refused':
      return new SwitchyardError(
        'CONNECTOR_REFUSED',
        `${what}: the connector refused the credentials (${failure.status}).`,
        { cause, detail: { status: failure.status } },
      );
    case 'unsendable': {
      const why = `${what}: the arguments cannot be sent: ${failure.reason}`;
      return new SwitchyardError('OPTIONS_INVALID', why, { cause });
    }
    case 'unusable':
      return rejected(`${what}: ${failure.reason}.`, cause);
    case 'status': {
      const { status, isSessionLost } = failure;
      if (!isSessionLost) return rejected(`${what}: the connector answered ${status}.`, cause, { status });
      // Refused as one of an unknown session: the tool did not run.
      return lost(what, 'no', `it answered ${status}`, cause);
    }
    case 'network':
      return lost(what, failure.isUnsent ? 'no' : 'maybe', failure.reason, cause);
  }
}

function connectFailed(where: string, why: string, cause: unknown, detail = {}): SwitchyardError {
  return new SwitchyardError('CONNECTOR_CONNECT_FAILED', `${where} cannot be connected: ${why}`, { cause, detail });
}

function invalidList(message: string, cause: unknown): SwitchyardError {
  return new SwitchyardError('CONNECTOR_LIST_INVALID', message, { cause, detail: { phase: 'list' } });
}

function rejected(message: string, cause: unknown, detail = {}): SwitchyardError {
  return new SwitchyardError('TOOL_CALL_REJECTED', message, { cause, detail });
}

function lost(what: string, sent: Sent, reason: string, cause: unknown): SwitchyardError {
  const fate = sent === 'no' ? 'it was not sent' : 'it may have run';
  return new SwitchyardError('TOOL_CALL_LOST', `${what}: the connection failed meanwhile, ${fate}: ${reason}`, {
    cause,
    detail: { sent },
  });
}

/** What the guard of addresses says (`http/address-guard.ts`). */
const REFUSED: ReadonlySet<string> = new Set(['CONNECTOR_ADDRESS_REFUSED']);

/** What the network says where no connection came about. */
const NEVER_CONNECTED: ReadonlySet<string> = new Set([
  ...REFUSED,
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** What the network says of a connection that broke under a request, as a kept one does that the server closes in the same moment. */
const BROKEN: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

const MAX_CAUSES = 8;

/** An error of the network as a failure. */
export function networkFailure(error: unknown): Failure {
  const isUnsent = hasNetworkCode(error, NEVER_CONNECTED);
  return { kind: 'network', isUnsent, reason: rootReason(error), isRefused: isRefusedAddress(error) };
}

/** Whether a request was not sent because its host is at an address that is not allowed. */
export function isRefusedAddress(error: unknown): boolean {
  return hasNetworkCode(error, REFUSED);
}

/** Whether a request failed with its connection, so that one that is safe to repeat may be sent again over a new one. */
export function isBrokenConnection(error: unknown): boolean {
  return hasNetworkCode(error, BROKEN);
}

function hasNetworkCode(error: unknown, codes: ReadonlySet<string>): boolean {
  let current: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES && current instanceof Error; depth += 1) {
    if (codes.has(codeOf(current) ?? '')) return true;
    current = current.cause ?? (current instanceof AggregateError ? current.errors[0] : undefined);
  }
  return false;
}

/**
 * What an HTTP status that carries no answer means. A session that is gone is answered with 404, or with 400 by some servers; a 400 that carries
 * one of JSON-RPC's own errors (−32700 to −32600) is an answer to the call.
 */
export function statusFailure(status: number, text: string): Failure {
  if (status === 401 || status === 403) return { kind: 'refused', status };
  return { kind: 'status', status, isSessionLost: isSessionLost(status, text) };
}

function isSessionLost(status: number, text: string): boolean {
  if (status === 404) return true;
  if (status !== 400) return false;
  const code = rpcCodeIn(text);
  return code === null || code < -32_700 || code > -32_600;
}

function rpcCodeIn(text: string): number | null {
  try {
    const code: unknown = JSON.parse(text)?.error?.code;
    return typeof code === 'number' ? code : null;
  } catch {
    return null;
  }
}
