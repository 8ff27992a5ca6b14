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
 * Creates the handlers for messages of other replicas about sessions. Each message names the session, its principal and
 * its route; a session of this replica that differs in any of these is left alone. The response only says whether
 * something was done. `heardEnd` ends a session.
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
      // The end of a session that this replica does not hold is noted, too, because its client may still come to this
      // replica.
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
