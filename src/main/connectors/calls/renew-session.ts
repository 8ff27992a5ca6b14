import { SwitchyardError } from '../../../shared/errors.ts';
import type { CallRoute, OpenRoute } from './call-route.ts';

/**
 * Renews a session that was lost, or a connection that broke, from what a failed call says about it. Returns whether
 * the call may be sent again.
 *
 * 1. A server answers a request of a session that it has forgotten with 404, some with 400. `connection/failure.ts`
 *    makes this TOOL_CALL_LOST with `sent: 'no'`, because the tool did not run. A request that never reached the
 *    server is the same; one that broke midway is `sent: 'maybe'`. The stream of a server that ends with 404 tells
 *    the connector the same without a call (`streamable-http/standing-stream.ts`).
 * 2. `route.lose` gives the connection up. Other calls that are under way over Streamable HTTP end by themselves. The
 *    tools stay listed, and another attempt is due after a pause.
 * 3. A call with `sent: 'no'` asks the route for a connection again. That starts the attempt at once: a new handshake
 *    without the old session id (`initialize`, or `server/discover`), then the tool list.
 * 4. The call is sent once more over the new session. If it fails again it fails for good. A call with
 *    `sent: 'maybe'` is never sent again, since the tool may have run.
 *
 * Refused credentials (401) are another matter: the connector reconnects once with the current ones, and the call
 * fails.
 */
export function renewSession(error: unknown, open: OpenRoute, route: CallRoute): boolean {
  if (!(error instanceof SwitchyardError)) return false;
  if (error.code === 'CONNECTOR_REFUSED' && error.detail.status === 401) route.renewCredentials(open);
  if (error.code !== 'TOOL_CALL_LOST') return false;
  route.lose(open, error);
  return error.detail.sent === 'no';
}
