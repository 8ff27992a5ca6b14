import type { JsonObject } from '../../mcp/json-rpc.ts';
import type { RequestId } from '../messages/exchange.ts';

/** A session of a legacy client, as replicas name it to each other. The receiver compares all of it with its own. */
export interface HopSession {
  readonly id: string;
  /** Whose it is, as `Exchange.principal`. */
  readonly principal: string;
  /** Name of the route that it was opened on. */
  readonly route: string;
}

/** What a replica asks of another one; also the last part of the path that it sends it to. */
export type HopKind = 'answer' | 'cancelled' | 'ended' | 'notice' | 'retry' | 'login';

/** The answer to a hop: a head, and a body that comes in pieces. */
export interface HopAnswer {
  readonly head: JsonObject;
  /** Throws FLEET_REPLICA_GONE if the replica dies before the end, or if somebody changed what it sent. */
  readonly body: AsyncIterable<Buffer>;
}

/** Reaches the other replicas of a gateway, for what only one of them can do. */
export interface ReplicaHop {
  /** Id of this replica. */
  readonly hostId: string;
  /**
   * Hands a client's answer to the replica that asked. Resolves with whether that one was waiting for it; with false if
   * it cannot be reached. Never rejects.
   */
  answer(session: HopSession, ownerId: string, message: JsonObject): Promise<boolean>;
  /** Tells all other replicas that the client gives a request up. Does not wait for them. */
  cancelled(session: HopSession, requestId: RequestId): void;
  /** Tells all other replicas that a session has ended. Resolves once each has heard it or failed. Never rejects. */
  ended(session: HopSession): Promise<void>;
  /**
   * Offers a message that belongs to no request to the other replicas: the one with the client's standing stream sends
   * it. Resolves with whether one did. Never rejects.
   */
  notice(session: HopSession, message: JsonObject): Promise<boolean>;
  /**
   * Sends a whole request on to its owner. Aborting `signal` ends it there, too. Rejects with FLEET_HOP_REFUSED if the
   * owner is unknown, cannot be connected to or refuses it, and with FLEET_REPLICA_GONE if it does not answer.
   */
  forward(kind: 'retry' | 'login', ownerId: string, payload: JsonObject, signal: AbortSignal): Promise<HopAnswer>;
}
