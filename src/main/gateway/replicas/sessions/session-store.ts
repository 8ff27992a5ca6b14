import type { SessionChange, SessionState } from '../../../../shared/protocol/fleet/session-messages.ts';
import type { Fleet } from '../../../fleet/fleet.ts';

/** How long a client's request waits for the server of the fleet, at most. */
const PATIENCE_MS = 250;

/** What the server of the fleet keeps about sessions, for clients who do not wait for it. Nothing rejects. */
export class SessionStore {
  readonly #fleet: Pick<Fleet, 'ask'>;

  constructor(fleet: Pick<Fleet, 'ask'>) {
    this.#fleet = fleet;
  }

  /** Writes a change and tells the other replicas. Whether that was done, as far as this replica knows. */
  async change(sessionId: string, change: SessionChange): Promise<boolean> {
    try {
      await this.#fleet.ask((api) => api.changeSession(sessionId, change), PATIENCE_MS);
      return true;
    } catch {
      // The server of the fleet is away, and the fleet says so in the log.
      return false;
    }
  }

  /** Null where nothing was written about a session; undefined where the server does not answer. */
  async read(sessionId: string): Promise<SessionState | null | undefined> {
    try {
      return await this.#fleet.ask((api) => api.readSession(sessionId), PATIENCE_MS);
    } catch {
      // As above: the session goes on with what is known here.
      return undefined;
    }
  }
}
