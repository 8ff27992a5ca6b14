import type { MapHead } from '../../fleet/map-head.ts';
import type { WriterReply } from '../writer-reply.ts';

/** The map that this host has in force. */
export interface HeldMap {
  readonly sha256: string;
  readonly generatedAtMs: number;
  readonly expiresAtMs: number;
  readonly etag: string | null;
}

/** A body to publish; `bytes` is handed over. */
export interface PublishedMap extends HeldMap {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * What became of a publication or a confirmation. `fenced`: another host leads; `older`: the head names a newer body,
 * which can be read; `missing`: the fleet lacks the confirmed body, and so does this thread: publish it whole.
 */
export type PublishOutcome = 'done' | 'fenced' | 'older' | 'missing';

/** How a body came: whole, or as a patch of the one that this host had. Times in milliseconds. */
export interface FleetBody {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Sealed together with the body, other than the one in the head. */
  readonly etag: string | null;
  readonly how: 'body' | 'patch';
  /** From the question until the bytes were here, decrypted, unpacked and compared with their digest. */
  readonly readMs: number;
}

/** Bodies, heads and leadership of service maps. */
export interface FleetMapApi {
  /** Begins to listen for a map and, unless the role is `reader`, to try for its lease. */
  followMap(name: string): Promise<WriterReply<null>>;
  /**
   * What this host has in force now; null for nothing. The thread keeps the bytes of what it has read or published by
   * itself; `bytes` are handed over where main has them from elsewhere, for patches and to seed an empty server.
   */
  holdMap(name: string, held: HeldMap | null, bytes?: Uint8Array<ArrayBuffer>): Promise<WriterReply<null>>;
  /** The head as it is in Redis now; null where there is none that can be read. */
  readHead(name: string): Promise<WriterReply<MapHead | null>>;
  /** The body that a head names, proven to be that by its digest alone; null where there is none that is. */
  readMap(name: string, head: MapHead): Promise<WriterReply<FleetBody | null>>;
  /** By the leader alone: puts a proven body where all hosts find it, and tells them. */
  publishMap(name: string, map: PublishedMap): Promise<WriterReply<PublishOutcome>>;
  /** By the leader alone: the source stood by the body of that digest. */
  confirmMap(name: string, sha256: string): Promise<WriterReply<PublishOutcome>>;
  /** Main refused the body of that digest: where this host leads, it overrules a head that names it. */
  refuseMap(name: string, sha256: string): Promise<WriterReply<null>>;
  /** Gives the lease up, as when this host's own circuit to the source is open. Another host leads then. */
  stepDown(name: string): Promise<WriterReply<null>>;
}

export type FleetMapEvent =
  /** This host leads from now on: it asks the source for all. `head`: what the fleet has; null for nothing. */
  | { readonly kind: 'map-leading'; readonly name: string; readonly head: MapHead | null }
  /** It leads no longer. */
  | { readonly kind: 'map-following'; readonly name: string }
  /** A head or a beat was heard after silence. */
  | { readonly kind: 'map-heard'; readonly name: string }
  /** Nothing was heard for 6 s: this host is on its own. Also right after the start, where nothing ever was heard. */
  | { readonly kind: 'map-alone'; readonly name: string }
  /** A head that names another body than the one held, and is not older than it. The last one counts. */
  | { readonly kind: 'map-news'; readonly name: string; readonly head: MapHead }
  /**
   * The source stood by the body that this host holds: `confirms` of them since it was published. Told for the first
   * three, and then each five seconds at most.
   */
  | { readonly kind: 'map-confirmed'; readonly name: string; readonly head: MapHead };
