import { hasCodeAmongCauses, rootReason } from '../../../shared/errors.ts';
import { isRefusedAddress, neverConnected } from '../../http/network-errors.ts';
import { isLoginError } from '../credentials/login-error.ts';
import type { Failure } from './failure.ts';

/** What the network says of a connection that broke under a request, such as a kept one that the server just closed. */
const BROKEN: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** An event stream ended before its answer, as a connection that broke. */
export class StreamEnded extends Error {
  constructor() {
    super('the event stream ended before its answer');
  }
}

/** The connection went, or was closed, under a request that had been sent. */
export class LostUnderRequest extends Error {
  constructor(cause: unknown) {
    super('The connection was lost', { cause });
  }
}

/** An error of the network as a failure. */
export function networkFailure(error: unknown): Failure {
  // What failed a login says nothing about the connection of the request.
  const isOwn = !isLoginError(error);
  return {
    kind: 'network',
    isUnsent: isOwn && neverConnected(error),
    reason: rootReason(error),
    isRefused: isOwn && isRefusedAddress(error),
  };
}

/** Whether a request failed with its connection. One that is safe to repeat may be sent again over another. */
export function isBrokenConnection(error: unknown): boolean {
  return !isLoginError(error) && hasCodeAmongCauses(error, BROKEN);
}
