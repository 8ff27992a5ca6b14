import { createHash } from 'node:crypto';
import type { SourceFacts, StoredSource } from '../../../shared/protocol/writer-messages.ts';
import type { SignatureTrust } from '../../../shared/signatures/trust.ts';
import { canonicalMapUrl } from '../../options/map-url.ts';

/**
 * Returns the key of a map in the store: the SHA-256 (hex) of its URL. The id of the source is not used, because a host
 * may change that id.
 */
export function storeKeyOf(url: string): string {
  return createHash('sha256').update(canonicalMapUrl(url)).digest('hex');
}

/** Returns a map's key in the stores of earlier versions: a hash over the URL and the HMAC key. */
export function oldStoreKeyOf(url: string, hmacKey: string): string {
  return createHash('sha256').update(`${url}\0${hmacKey}`).digest('hex');
}

/**
 * What is known about the maps of one URL: the floor (the minimum `generatedAt`), facts about the signers, and the body
 * that was verified last. The floor and the facts stay when the keys change.
 */
export class Lineage {
  readonly storeKey: string;
  readonly #url: string;
  readonly #askedOldKeys = new Set<string>();
  #isRemembered = false;
  #floorMs: number | null = null;
  #facts: SourceFacts = { seenSigned: false, mapId: null, keyVersion: null, keyDocument: null };
  #etag: string | null = null;
  #bodySha256: string | null = null;
  #trustPrint = '';

  constructor(url: string) {
    this.#url = url;
    this.storeKey = storeKeyOf(url);
  }

  /** The value of `If-None-Match`; null requests the whole map. */
  get etag(): string | null {
    return this.#etag;
  }

  /** SHA-256 (hex) of the current map's body; null if the body must be verified again. */
  get bodySha256(): string | null {
    return this.#bodySha256;
  }

  /** The highest `generatedAt` that was accepted, in epoch milliseconds; null before the first map. */
  get floorMs(): number | null {
    return this.#floorMs;
  }

  get facts(): SourceFacts {
    return this.#facts;
  }

  /**
   * Returns the store keys that earlier versions may have used with these HMAC keys. Returns null if the store was
   * already read with all of them.
   */
  unread(hmacKeys: readonly string[]): readonly string[] | null {
    const oldKeys = hmacKeys.map((key) => oldStoreKeyOf(this.#url, key));
    const isRead = this.#isRemembered && oldKeys.every((key) => this.#askedOldKeys.has(key));
    return isRead ? null : oldKeys;
  }

  /** Adds what the store knows. `oldKeys` are the store keys of earlier versions that were also read. */
  remember(stored: StoredSource, oldKeys: readonly string[]): void {
    this.#isRemembered = true;
    for (const key of oldKeys) this.#askedOldKeys.add(key);
    if (stored.floorMs !== null) this.raiseFloor(stored.floorMs);
    this.learn(stored);
  }

  /** Adds facts. Facts that are already known stay. */
  learn({ seenSigned, mapId, keyVersion, keyDocument }: SourceFacts): void {
    const known = this.#facts;
    const isNewer = keyVersion !== null && keyVersion >= (known.keyVersion ?? 0);
    this.#facts = {
      seenSigned: known.seenSigned || seenSigned,
      mapId: known.mapId ?? mapId,
      keyVersion: isNewer ? keyVersion : known.keyVersion,
      keyDocument: isNewer ? keyDocument : known.keyDocument,
    };
  }

  /** Raises the floor to the `generatedAt` of an accepted map. */
  raiseFloor(generatedAtMs: number): void {
    this.#floorMs = Math.max(generatedAtMs, this.#floorMs ?? generatedAtMs);
  }

  /** Lowers the floor, because a person has reset it in the store. */
  lowerFloor(floorMs: number | null): void {
    this.#floorMs = floorMs;
  }

  /** Records the ETag and the hash of the current map's body, which was verified. */
  prove(etag: string | null, bodySha256: string): void {
    this.#etag = etag;
    this.#bodySha256 = bodySha256;
  }

  /** Records that the server confirmed the current map's body with this ETag. */
  confirm(etag: string | null): void {
    this.#etag = etag;
  }

  /** Makes the next load fetch and verify the whole body, even if it equals the current map's body. */
  forgetBody(): void {
    this.#etag = null;
    this.#bodySha256 = null;
  }

  /** Forgets the body if it was verified with other trust settings than these. `mapId` is the configured id. */
  useTrust(trust: SignatureTrust, mapId: string | null): void {
    // `requiresSignature` and a stored map id are not compared. They come from accepted maps, so a change of these
    // values does not make those maps less trusted.
    const { accept, hmacKeys, keys, threshold, revoked, keysExpireAtMs } = trust;
    const parts = [accept, hmacKeys, keys, threshold, revoked, keysExpireAtMs, mapId];
    const print = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
    if (print !== this.#trustPrint) this.forgetBody();
    this.#trustPrint = print;
  }
}
