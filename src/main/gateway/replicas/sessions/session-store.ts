import type { SessionChange, SessionState } from '../../../../shared/protocol/fleet/session-messages.ts';
import type { Fleet } from '../../../fleet/fleet.ts';

/** Maximum time that a client's request waits for the fleet server. */
const PATIENCE_MS = 250;

/** Session state on the fleet server. Its methods wait only briefly for that server, and never reject. */
export class SessionStore {
  readonly #fleet: Pick<Fleet, 'ask'>;

  constructor(fleet: Pick<Fleet, 'ask'>) {
    this.#fleet = fleet;
  }

  /**
   * Writes a change and notifies the other replicas. Resolves with true once the fleet server has confirmed the change.
   */
  async change(sessionId: string, change: SessionChange): Promise<boolean> {
    try {
      await this.#fleet.ask((api) => api.changeSession(sessionId, change), PATIENCE_MS);
      return true;
    } catch {
      // The fleet server is unreachable. The fleet itself logs this.
      return false;
    }
  }

  /** Reads the state of a session. Null if none is stored; undefined if the server does not respond. */
  async read(sessionId: string): Promise<SessionState | null | undefined> {
    try {
      return await this.#fleet.ask((api) => api.readSession(sessionId), PATIENCE_MS);
    } catch {
      // The fleet server is unreachable, so the session continues with the state that this replica has.
      return undefined;
    }
  }
}
