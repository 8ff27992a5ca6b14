import type { JsonObject } from '../../mcp/json-rpc.ts';
import type { RequestId } from '../messages/exchange.ts';

/**
 * Session of a legacy client in messages between replicas. The receiver compares all fields with those of its own
 * session.
 */
export interface HopSession {
  readonly id: string;
  /** Principal that the session belongs to, as in `Exchange.principal`. */
  readonly principal: string;
  /** Name of the route that the session was opened on. */
  readonly route: string;
}

/** Kind of a request to another replica, which is also the last part of the request's path. */
export type HopKind = 'answer' | 'cancelled' | 'ended' | 'notice' | 'retry' | 'login';

/** Response to a hop: a head, and a streamed body. */
export interface HopAnswer {
  readonly head: JsonObject;
  /** Throws FLEET_REPLICA_GONE if the replica dies before the end, or if the response was changed on its way. */
  readonly body: AsyncIterable<Buffer>;
}

/** Reaches the other replicas of a gateway, for work that only one of them can do. */
export interface ReplicaHop {
  /** Id of this replica. */
  readonly hostId: string;
  /**
   * Delivers a client's response to the replica that sent the server request. Resolves with true if that replica was
   * waiting for the response. Resolves with false if it was not, or cannot be reached. Never rejects.
   */
  answer(session: HopSession, ownerId: string, message: JsonObject): Promise<boolean>;
  /** Notifies all other replicas that the client cancels a request. Does not wait for them. */
  cancelled(session: HopSession, requestId: RequestId): void;
  /**
   * Notifies all other replicas that a session has ended. Resolves once each has received it or failed. Never rejects.
   */
  ended(session: HopSession): Promise<void>;
  /**
   * Offers the other replicas a message that belongs to no request. The replica with the client's standing stream sends
   * it. Resolves with true if a replica has sent it. Never rejects.
   */
  notice(session: HopSession, message: JsonObject): Promise<boolean>;
  /**
   * Forwards a whole request to its owner. Aborting `signal` also ends the request at the owner. Rejects with
   * FLEET_HOP_REFUSED if the owner is unknown, accepts no connection or refuses the request. Rejects with
   * FLEET_REPLICA_GONE if the owner does not respond.
   */
  forward(kind: 'retry' | 'login', ownerId: string, payload: JsonObject, signal: AbortSignal): Promise<HopAnswer>;
}
