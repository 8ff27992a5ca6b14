import { SwitchyardError } from '../../../shared/errors.ts';
import type { CallRoute, OpenRoute } from './call-route.ts';

/**
 * Renews a lost session or a broken connection, based on the error of a failed call. Returns whether the call may be
 * sent again. `isSafe` is true for a list or a read, which may run twice.
 *
 * 1. A call fails with TOOL_CALL_LOST if the connection broke, or if the server says that it does not know the session
 *   (`messages/http/http-status.ts` lists the ways to say so). The error has `sent: 'no'` if the call certainly did
 *   not run, and otherwise `sent: 'maybe'`. If the server reports the loss in a JSON-RPC error, the error is
 *   TOOL_CALL_REJECTED with `sent: 'maybe'`. A standing stream may also notice the loss, without a call
 *   (`streamable-http/standing-stream.ts`).
 * 2. `route.lose` releases the connection. Other calls in flight over HTTP can finish. The tools stay listed, and a
 *   reconnect is due after a pause.
 * 3. For a call with `sent: 'no'`, the caller of this function requests a connection from the route again. The route
 *   reconnects immediately: a new handshake without the old session id (`initialize`, or `server/discover`), then the
 *   tool list.
 * 4. The call is sent once more over the new session. If it fails again, it fails for good. A tool call with
 *   `sent: 'maybe'` is never sent again, because the tool may have run. A list or a read is sent again even then, if
 *   the session was lost.
 *
 * Refused credentials (401) are handled differently: the connector reconnects once with its current credentials, and
 * the call fails. If a login that was accepted before is refused (401, `wasAuthorized`), the connector stays down until
 * a person logs in. If only this call needs a login, or more scopes (403), only this call fails.
 */
export function renewSession(error: unknown, open: OpenRoute, route: CallRoute, isSafe: boolean): boolean {
  if (!(error instanceof SwitchyardError)) return false;
  const { code, detail } = error;
  if (code === 'CONNECTOR_REFUSED' && detail.status === 401) route.renewCredentials(open);
  if (code === 'CONNECTOR_LOGIN_NEEDED') {
    if (detail.status === 401 && detail.wasAuthorized === true) route.lose(open, error);
    return false;
  }
  const isSessionLost = detail.session === 'lost';
  if (code !== 'TOOL_CALL_LOST' && !isSessionLost) return false;
  route.lose(open, code === 'TOOL_CALL_LOST' ? error : sessionLost(error));
  return detail.sent === 'no' || (isSafe && isSessionLost);
}

/** Returns the error with which the connection is released. The failed call itself gets the server's own response. */
function sessionLost(cause: SwitchyardError): SwitchyardError {
  return new SwitchyardError('TOOL_CALL_LOST', 'The server no longer knows the session of this connection.', {
    cause,
    detail: { sent: 'maybe', session: 'lost' },
  });
}
