import { SwitchyardError } from '../../../shared/errors.ts';
import type { CallRoute, OpenRoute } from './call-route.ts';

/**
 * Renews a session that was lost, or a connection that broke, from what a failed call says about it. Returns whether
 * the call may be sent again. `isSafe` if it is a list or a read, which may run twice.
 *
 * 1. Servers say in several ways that they do not know a session (`messages/http/http-status.ts`). Where the call
 *    surely did not run, it fails with TOOL_CALL_LOST and `sent: 'no'`; a call that never reached the server is the
 *    same. In all other cases it is `sent: 'maybe'`. A JSON-RPC error that says so is an answer, TOOL_CALL_REJECTED.
 *    A standing stream tells the connector the same without a call (`streamable-http/standing-stream.ts`).
 * 2. `route.lose` gives the connection up. Other calls that are under way over HTTP end by themselves. The
 *    tools stay listed, and another attempt is due after a pause.
 * 3. A call with `sent: 'no'` asks the route for a connection again. That starts the attempt at once: a new handshake
 *    without the old session id (`initialize`, or `server/discover`), then the tool list.
 * 4. The call is sent once more over the new session. If it fails again it fails for good. A call with
 *    `sent: 'maybe'` is never sent again, since the tool may have run; a list or a read is, where a session was lost.
 *
 * Refused credentials (401) are another matter: the connector reconnects once with the current ones, and the call
 * fails. A login that was accepted before and is no longer (401, `wasAuthorized`) takes the connector down until a
 * person logs in. A call that alone wants a login, or more scopes (403), fails alone.
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

/** The connection is lost because of an answer, which is the caller's own. */
function sessionLost(cause: SwitchyardError): SwitchyardError {
  return new SwitchyardError('TOOL_CALL_LOST', 'The connector does not know the session any more.', {
    cause,
    detail: { sent: 'maybe', session: 'lost' },
  });
}
