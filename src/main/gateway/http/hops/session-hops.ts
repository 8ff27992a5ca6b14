import { isObject, type JsonObject } from '../../../mcp/json-rpc.ts';
import type { HttpSession } from '../mcp/http-session.ts';
import type { SessionTable } from '../mcp/session-table.ts';
import type { HopHandler } from './hop-endpoint.ts';

export interface SessionHops {
  readonly answer: HopHandler;
  readonly cancelled: HopHandler;
  readonly ended: HopHandler;
  readonly notice: HopHandler;
}

/**
 * Creates the handlers for messages of other replicas about sessions. Each message contains the id of a session, its
 * principal and its route. If this replica has no session with the same three values, nothing is done. The response
 * only says whether something was done. `heardEnd` is called with the id of each session that has ended.
 */
export function createSessionHops(sessions: SessionTable, heardEnd: (sessionId: string) => void): SessionHops {
  const about =
    (act: (session: HttpSession, payload: JsonObject) => boolean): HopHandler =>
    (payload, response) => {
      const session = sessionIn(payload, sessions);
      response.finish({ isDone: session !== undefined && act(session, payload) });
    };
  return {
    answer: about(({ client }, { message }) => isObject(message) && client.take(message.id, message)),
    cancelled: about(({ client }, { requestId }) => client.cancel(requestId)),
    ended({ session }, response) {
      // The end is recorded even if this replica does not hold the session, because the client may still send requests
      // of the session to this replica.
      if (isObject(session) && typeof session.id === 'string') heardEnd(session.id);
      response.finish({ isDone: true });
    },
    notice: about((session, { message }) => isObject(message) && session.pass(message)),
  };
}

function sessionIn({ session }: JsonObject, sessions: SessionTable): HttpSession | undefined {
  if (!isObject(session)) return undefined;
  const { id, principal, route } = session;
  if (typeof id !== 'string' || typeof principal !== 'string' || typeof route !== 'string') return undefined;
  return sessions.named({ id, principal, route });
}
