import type { WriterReply } from '../writer-reply.ts';

/**
 * The part of a legacy session's state that can change, as stored in `sess:<id>`. The part that never changes is in the
 * encrypted session id.
 */
export interface SessionState {
  readonly isEnded: boolean;
  /** Minimum severity of log messages that the client requested; null if the client set no level. */
  readonly logLevel: string | null;
  /** URIs of the resources that the client watches, exactly as the client sent them. */
  readonly watched: readonly string[];
  /** Id of the host to which the client's standing stream is connected; null if the client has no such stream. */
  readonly homeId: string | null;
}

/** One change of a session. */
export type SessionChange =
  | { readonly kind: 'ended' }
  | { readonly kind: 'log-level'; readonly logLevel: string | null }
  | { readonly kind: 'watch'; readonly uri: string }
  | { readonly kind: 'unwatch'; readonly uri: string }
  | { readonly kind: 'home'; readonly homeId: string };

/** The interface for the session state that replicas share. */
export interface FleetSessionApi {
  /** Reads the state of a session. Resolves with null if no replica has written a state. */
  readSession(sessionId: string): Promise<WriterReply<SessionState | null>>;
  /** Writes a change to a session, renews the session's time to live, and notifies the other replicas. */
  changeSession(sessionId: string, change: SessionChange): Promise<WriterReply<null>>;
}

export type FleetSessionEvent = {
  readonly kind: 'session-changed';
  readonly sessionId: string;
  readonly change: SessionChange;
  /** Id of the host that wrote the change. */
  readonly by: string;
};
