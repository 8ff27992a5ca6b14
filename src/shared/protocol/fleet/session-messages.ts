import type { WriterReply } from '../writer-reply.ts';

/** What changes about a legacy session, as `sess:<id>` has it; what never changes is in the sealed id itself. */
export interface SessionState {
  readonly isEnded: boolean;
  /** The least severe log message that the client wants; null where it did not say. */
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

/** What replicas share about sessions. */
export interface FleetSessionApi {
  /** Null where nothing was ever written about the session. */
  readSession(sessionId: string): Promise<WriterReply<SessionState | null>>;
  /** Writes a change, keeps the session for its idle time, and tells the other replicas. */
  changeSession(sessionId: string, change: SessionChange): Promise<WriterReply<null>>;
}

export type FleetSessionEvent = {
  readonly kind: 'session-changed';
  readonly sessionId: string;
  readonly change: SessionChange;
  /** The host that wrote it. */
  readonly by: string;
};
