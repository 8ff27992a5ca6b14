import type { WriterReply } from '../writer-reply.ts';

/**
 * The changeable state of a legacy session, as stored in `sess:<id>`. The part that never changes is in the sealed
 * session id.
 */
export interface SessionState {
  readonly isEnded: boolean;
  /** Minimum severity of log messages that the client requested; null if the client set no level. */
  readonly logLevel: string | null;
  /** URIs that the client watches, as it sent them. */
  readonly watched: readonly string[];
  /** The host that holds the client's standing stream; null for none. */
  readonly homeId: string | null;
}

/** One change of a session. */
export type SessionChange =
  | { readonly kind: 'ended' }
  | { readonly kind: 'log-level'; readonly logLevel: string | null }
  | { readonly kind: 'watch'; readonly uri: string }
  | { readonly kind: 'unwatch'; readonly uri: string }
  | { readonly kind: 'home'; readonly homeId: string };

/** API of the session state that replicas share. */
export interface FleetSessionApi {
  /** Reads a session; null if nothing was ever written about it. */
  readSession(sessionId: string): Promise<WriterReply<SessionState | null>>;
  /** Writes a change, renews the session's time to live, and notifies the other replicas. */
  changeSession(sessionId: string, change: SessionChange): Promise<WriterReply<null>>;
}

export type FleetSessionEvent = {
  readonly kind: 'session-changed';
  readonly sessionId: string;
  readonly change: SessionChange;
  /** The host that wrote the change. */
  readonly by: string;
};
