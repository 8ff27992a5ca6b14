import type { Fleet } from '../../fleet/fleet.ts';
import type { Gateway } from '../gateway.ts';
import { createQuestionIds } from '../messages/question-ids.ts';
import type { ReplicaHop } from '../replicas/replica-hop.ts';
import { SealedSessions } from '../replicas/sessions/sealed-sessions.ts';
import { SessionSharing } from '../replicas/sessions/session-sharing.ts';
import type { HttpSession } from './mcp/http-session.ts';
import { type SessionLimits, SessionTable } from './mcp/session-table.ts';

/** Sessions of one listener, and their exchange with other replicas. */
export interface ListenerSessions {
  readonly sessions: SessionTable;
  /** Null without a fleet. */
  readonly sharing: SessionSharing | null;
}

/**
 * Creates the sessions of a listener. In a fleet, session ids contain encrypted facts, so that every replica can serve
 * every session. Without a fleet, only this gateway knows the sessions.
 */
export function createSessions(
  gateway: Gateway,
  limits: SessionLimits,
  fleet: Fleet | null,
  hop: ReplicaHop | null,
): ListenerSessions {
  const { manager, notices, levels, watches } = gateway;
  const forget = ({ client }: HttpSession): void => {
    notices.remove(client);
    levels.want(client, null);
  };
  if (fleet === null) return { sessions: new SessionTable(limits, forget), sharing: null };
  const sealed = new SealedSessions(fleet.sealer, fleet.hostId);
  const sessions: SessionTable = new SessionTable(limits, forget, {
    questionIds: createQuestionIds(fleet.hostId),
    idOf: ({ principal, view, revision, capabilities, clientName = null }) =>
      sealed.seal({ principal, route: view.route.name, revision, capabilities, clientName, tokenExpiresAtMs: null }),
    open: (id) => (sharing.isEnded(id) ? null : sealed.open(id)),
    held(session, isNew) {
      notices.add(session.client);
      sharing.join(session, isNew);
    },
  });
  const sharing = new SessionSharing({ fleet, hop, held: sessions, manager, watches, levels });
  return { sessions, sharing };
}
