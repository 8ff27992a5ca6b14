import { createHmac } from 'node:crypto';
import { canonicalPieces } from '../map/canonical-json.ts';
import { digestEntry } from '../map/delta.ts';
import { SIGNATURE_MEMBER } from '../map/signature.ts';
import { type DigestTexts, digestOfMap, digestTextsOf } from '../signatures/map-digest.ts';
import type { SignedMap } from '../signatures/map-signatures.ts';

/** The content of a received map. Its signatures are verified over this content. */
export interface MapContent extends SignedMap {
  /** Returns the HMAC-SHA256 with `key` over everything except `signature`. Each call reads the whole map. */
  readonly macOf: (key: string) => Buffer;
}

/** A whole map in its canonical form. */
export interface WholeContent extends MapContent {
  /** Canonical form of each element of `connectors`. */
  readonly texts: readonly string[];
  /** SHA-256 of each of `texts`, stored consecutively. */
  readonly digests: Uint8Array;
  /** Returns `digests` as text; null if the digest of the map was not computed yet. */
  readonly digestTexts: () => DigestTexts | null;
}

/** Converts a parsed map to its canonical form once, so that all signatures can be verified over it. */
export function contentOf(map: Readonly<Record<string, unknown>>): WholeContent {
  const pieces: string[] = [];
  const texts: string[] = [];
  const entryDigests: Uint8Array[] = [];
  for (const { text, element } of canonicalPieces(map, SIGNATURE_MEMBER)) {
    pieces.push(text);
    if (element?.key !== 'connectors') continue;
    texts.push(text);
    entryDigests.push(digestEntry(text));
  }
  const digests = Buffer.concat(entryDigests);
  let digestTexts: DigestTexts | null = null;
  return {
    map,
    texts,
    digests,
    macOf: (key) => {
      const mac = createHmac('sha256', key);
      for (const text of pieces) mac.update(text, 'utf8');
      return mac.digest();
    },
    digest: () => {
      digestTexts = digestTextsOf(digests);
      return digestOfMap(map, digestTexts);
    },
    digestTexts: () => digestTexts,
  };
}
