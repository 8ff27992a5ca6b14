import { hasCodeAmongCauses, rootReason } from '../../../shared/errors.ts';
import { isRefusedAddress, neverConnected } from '../../http/network-errors.ts';
import { isLoginError } from '../credentials/login-error.ts';
import type { Failure } from './failure.ts';

/**
 * Error codes of a connection that broke during a request, such as a kept-alive connection that the server just closed.
 */
const BROKEN: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** An event stream ended before the response arrived. It counts as a connection that broke. */
export class StreamEnded extends Error {
  constructor() {
    super('the event stream ended before its answer');
  }
}

/** The connection was lost or closed after the request had been sent. */
export class LostUnderRequest extends Error {
  constructor(cause: unknown) {
    super('The connection was lost', { cause });
  }
}

/** Classifies an error of the network as a failure. */
export function networkFailure(error: unknown): Failure {
  // The error of a failed login says nothing about the connection of this request.
  const isOwn = !isLoginError(error);
  return {
    kind: 'network',
    isUnsent: isOwn && neverConnected(error),
    reason: rootReason(error),
    isRefused: isOwn && isRefusedAddress(error),
  };
}

/**
 * Whether a request failed because its connection broke. If the request is safe to repeat, it may be sent again over
 * another connection.
 */
export function isBrokenConnection(error: unknown): boolean {
  return !isLoginError(error) && hasCodeAmongCauses(error, BROKEN);
}
