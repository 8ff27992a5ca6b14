import type { MapHead } from '../../fleet/map-head.ts';
import type { WriterReply } from '../writer-reply.ts';

/** The map that this host currently serves. */
export interface HeldMap {
  readonly sha256: string;
  readonly generatedAtMs: number;
  readonly expiresAtMs: number;
  readonly etag: string | null;
}

/** A body to publish. `bytes` is transferred to the fleet thread. */
export interface PublishedMap extends HeldMap {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Outcome of a publication or a confirmation.
 * - `fenced`: another host is the leader now.
 * - `older`: the fleet has a newer body, which can be read.
 * - `missing`: neither the fleet nor this thread has the confirmed body, so the main thread has to publish it.
 */
export type PublishOutcome = 'done' | 'fenced' | 'older' | 'missing';

/** A body that was read from Redis, either whole or as a patch of the body that this host had. */
export interface FleetBody {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Entity tag that was encrypted together with the body. The head may contain another tag. */
  readonly etag: string | null;
  readonly how: 'body' | 'patch';
  /**
   * Time in milliseconds from the request until the body was read, decrypted, unpacked and compared with its digest.
   */
  readonly readMs: number;
}

/** The interface for the service maps of a fleet: their bodies, heads and leaders. */
export interface FleetMapApi {
  /** Starts to listen for changes of a map. If the role is not `reader`, this host may also become the leader. */
  followMap(name: string): Promise<WriterReply<null>>;
  /**
   * Tells the fleet thread which map this host serves. `held` is null if the host serves no map. The fleet thread
   * already has the bytes of maps that it read or published. For other maps, the main thread transfers the bytes. They
   * are needed for patches, and to restore the map on a server that was emptied.
   */
  holdMap(name: string, held: HeldMap | null, bytes?: Uint8Array<ArrayBuffer>): Promise<WriterReply<null>>;
  /** Reads the current head from Redis. Resolves with null if there is no head, or if it is not valid. */
  readHead(name: string): Promise<WriterReply<MapHead | null>>;
  /**
   * Reads the body that a head refers to, and compares the body with its digest. The signatures of the map are not
   * verified. Resolves with null if no body matches.
   */
  readMap(name: string, head: MapHead): Promise<WriterReply<FleetBody | null>>;
  /** Publishes a verified body and notifies all hosts. Only the leader may call this. */
  publishMap(name: string, map: PublishedMap): Promise<WriterReply<PublishOutcome>>;
  /** Confirms that the source still serves the body with this digest. Only the leader may call this. */
  confirmMap(name: string, sha256: string): Promise<WriterReply<PublishOutcome>>;
  /**
   * Reports that the main thread refused the body with this digest. If this host is the leader, it replaces heads that
   * refer to this body.
   */
  refuseMap(name: string, sha256: string): Promise<WriterReply<null>>;
  /**
   * Releases the lease, so that another host can become the leader. A host does this when its circuit to the source is
   * open.
   */
  stepDown(name: string): Promise<WriterReply<null>>;
}

export type FleetMapEvent =
  /**
   * This host is now the leader, and polls the source for all hosts. `head` is the fleet's head; null if the fleet has
   * no head.
   */
  | { readonly kind: 'map-leading'; readonly name: string; readonly head: MapHead | null }
  /** This host is no longer the leader. */
  | { readonly kind: 'map-following'; readonly name: string }
  /** A head or a heartbeat was received, for the first time or after the event `map-alone`. */
  | { readonly kind: 'map-heard'; readonly name: string }
  /**
   * Neither a head nor a heartbeat was received for 6 s, or the server cannot be reached at the start. So this host
   * polls the source itself.
   */
  | { readonly kind: 'map-alone'; readonly name: string }
  /**
   * The head refers to a body that this host does not have and that is not older than the host's own body. If several
   * such events arrive, only the latest event matters.
   */
  | { readonly kind: 'map-news'; readonly name: string; readonly head: MapHead }
  /**
   * The source still serves the body that this host has. `head.confirms` says how often the source has confirmed this
   * since the body was published. The event is sent for the first three confirmations, and after that at most every 5
   * s.
   */
  | { readonly kind: 'map-confirmed'; readonly name: string; readonly head: MapHead };
