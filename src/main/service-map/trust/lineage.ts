import { createHash } from 'node:crypto';
import type { SourceFacts, StoredSource } from '../../../shared/protocol/writer-messages.ts';
import type { SignatureTrust } from '../../../shared/signatures/trust.ts';
import { canonicalMapUrl } from '../../options/map-url.ts';

/** SHA-256, hex, of the URL of a map: where the store keeps it. Not the id of a source, which a host chooses. */
export function storeKeyOf(url: string): string {
  return createHash('sha256').update(canonicalMapUrl(url)).digest('hex');
}

/** Where earlier versions kept a map: under a hash of its URL and its HMAC key. */
export function oldStoreKeyOf(url: string, hmacKey: string): string {
  return createHash('sha256').update(`${url}\0${hmacKey}`).digest('hex');
}

/**
 * What is known of the maps of one URL, whichever keys sign them: the floor, who signs them, and the body that was
 * proven last. The floor and the facts outlive every change of keys.
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

  /** Sent as `If-None-Match`; null asks for the whole map. */
  get etag(): string | null {
    return this.#etag;
  }

  /** SHA-256, hex, of the body in force; null where it has to be proven again. */
  get bodySha256(): string | null {
    return this.#bodySha256;
  }

  /** The highest `generatedAt` accepted, epoch ms; null before the first map. */
  get floorMs(): number | null {
    return this.#floorMs;
  }

  get facts(): SourceFacts {
    return this.#facts;
  }

  /** What an earlier version may have kept under these keys; null if all of it is known. */
  unread(hmacKeys: readonly string[]): readonly string[] | null {
    const oldKeys = hmacKeys.map((key) => oldStoreKeyOf(this.#url, key));
    const isRead = this.#isRemembered && oldKeys.every((key) => this.#askedOldKeys.has(key));
    return isRead ? null : oldKeys;
  }

  /** Takes over what the store knows. `oldKeys` are the keys of earlier versions that it was asked for. */
  remember(stored: StoredSource, oldKeys: readonly string[]): void {
    this.#isRemembered = true;
    for (const key of oldKeys) this.#askedOldKeys.add(key);
    if (stored.floorMs !== null) this.raiseFloor(stored.floorMs);
    this.learn(stored);
  }

  /** Adds facts to those that are known, none of which is forgotten. */
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

  /** Notes that a map of this instant was accepted. */
  raiseFloor(generatedAtMs: number): void {
    this.#floorMs = Math.max(generatedAtMs, this.#floorMs ?? generatedAtMs);
  }

  /** Takes over a floor that a person has reset. */
  lowerFloor(floorMs: number | null): void {
    this.#floorMs = floorMs;
  }

  /** Notes the body in force. */
  prove(etag: string | null, bodySha256: string): void {
    this.#etag = etag;
    this.#bodySha256 = bodySha256;
  }

  /** The server confirmed the body in force under this tag. */
  confirm(etag: string | null): void {
    this.#etag = etag;
  }

  /** The next body is fetched whole and proven, though it may be the one in force. */
  forgetBody(): void {
    this.#etag = null;
    this.#bodySha256 = null;
  }

  /** Forgets the body if it was proven under another trust than this. `mapId` is the configured one. */
  useTrust(trust: SignatureTrust, mapId: string | null): void {
    // Seen signed and the id that was seen follow from maps that were accepted: they change nothing for these.
    const { accept, hmacKeys, keys, threshold, revoked, keysExpireAtMs } = trust;
    const parts = [accept, hmacKeys, keys, threshold, revoked, keysExpireAtMs, mapId];
    const print = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
    if (print !== this.#trustPrint) this.forgetBody();
    this.#trustPrint = print;
  }
}
