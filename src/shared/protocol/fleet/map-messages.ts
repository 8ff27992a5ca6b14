import type { MapHead } from '../../fleet/map-head.ts';
import type { WriterReply } from '../writer-reply.ts';

/** The map that this host has in force. */
export interface HeldMap {
  readonly sha256: string;
  readonly generatedAtMs: number;
  readonly expiresAtMs: number;
  readonly etag: string | null;
}

/** A body to publish; `bytes` is transferred. */
export interface PublishedMap extends HeldMap {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Outcome of a publication or a confirmation.
 * - `fenced`: another host leads.
 * - `older`: the head names a newer body, which can be read.
 * - `missing`: the fleet and this thread lack the confirmed body, so publish it whole.
 */
export type PublishOutcome = 'done' | 'fenced' | 'older' | 'missing';

/** A body that was read, whole or as a patch of the body that this host had. Times are in milliseconds. */
export interface FleetBody {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Sealed together with the body; independent of the tag in the head. */
  readonly etag: string | null;
  readonly how: 'body' | 'patch';
  /** Time from the request until the bytes were read, decrypted, unpacked and compared with their digest. */
  readonly readMs: number;
}

/** API for bodies, heads and leadership of service maps. */
export interface FleetMapApi {
  /** Starts to listen for news of a map and, unless the role is `reader`, to compete for its lease. */
  followMap(name: string): Promise<WriterReply<null>>;
  /**
   * Sets the map that this host has in force; null for none. The thread already has the bytes of maps that it read or
   * published. If the main thread has the bytes from elsewhere, it transfers them as `bytes`, for patches and to fill
   * an empty server.
   */
  holdMap(name: string, held: HeldMap | null, bytes?: Uint8Array<ArrayBuffer>): Promise<WriterReply<null>>;
  /** Reads the current head from Redis; null if there is no readable head. */
  readHead(name: string): Promise<WriterReply<MapHead | null>>;
  /** Reads the body that a head names, and verifies only its digest; null if no body matches. */
  readMap(name: string, head: MapHead): Promise<WriterReply<FleetBody | null>>;
  /** For the leader only: publishes a verified body and notifies all hosts. */
  publishMap(name: string, map: PublishedMap): Promise<WriterReply<PublishOutcome>>;
  /** For the leader only: confirms that the source still serves the body with that digest. */
  confirmMap(name: string, sha256: string): Promise<WriterReply<PublishOutcome>>;
  /**
   * Reports that the main thread refused the body with that digest. If this host leads, it overrules heads that name
   * the refused body.
   */
  refuseMap(name: string, sha256: string): Promise<WriterReply<null>>;
  /** Releases the lease, for example when this host's circuit to the source is open. Another host then leads. */
  stepDown(name: string): Promise<WriterReply<null>>;
}

export type FleetMapEvent =
  /** This host now leads: it queries the source for all hosts. `head` is the fleet's head; null for none. */
  | { readonly kind: 'map-leading'; readonly name: string; readonly head: MapHead | null }
  /** This host leads no longer. */
  | { readonly kind: 'map-following'; readonly name: string }
  /** A head or a beat was received after a silence. */
  | { readonly kind: 'map-heard'; readonly name: string }
  /**
   * Nothing was received for 6 s, so this host polls the source itself. Also sent after the start if nothing was ever
   * received.
   */
  | { readonly kind: 'map-alone'; readonly name: string }
  /** A head names another body than the one held, and is not older. The latest one counts. */
  | { readonly kind: 'map-news'; readonly name: string; readonly head: MapHead }
  /**
   * The source still serves the body that this host holds, and has confirmed that `confirms` times since the body was
   * published. Sent for the first three confirmations, and then at most every 5 s.
   */
  | { readonly kind: 'map-confirmed'; readonly name: string; readonly head: MapHead };
