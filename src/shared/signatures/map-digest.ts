import { createHash } from 'node:crypto';
import { canonicalPieces } from '../map/canonical-json.ts';
import { DIGEST_BYTES } from '../map/delta.ts';
import { SIGNATURE_MEMBER } from '../map/signature.ts';

/** Name of the service map member that holds the map's asymmetric signatures. */
export const SIGNATURES_MEMBER = 'signatures';

/** Length of the digest of one entry in base64url. */
const DIGEST_LETTERS = 43;

/** Size of one digest in {@link DigestTexts}: its text, two quotes and a comma. */
const STRIDE = DIGEST_LETTERS + 3;

const LETTERS = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');

const [QUOTE, COMMA] = [0x22, 0x2c];

/**
 * The digests of a map's entries in the form in which they are hashed. Each digest is in base64url and in quotes, and
 * is followed by a comma. For the next map, only the text for changed entries is written again.
 */
export type DigestTexts = Uint8Array;

/** Converts digests of 32 bytes, which are stored consecutively, to text. */
export function digestTextsOf(digests: Uint8Array): DigestTexts {
  const count = digests.length / DIGEST_BYTES;
  const texts = emptyDigestTexts(count);
  for (let index = 0; index < count; index += 1) writeDigestText(texts, index, digests);
  return texts;
}

/** Creates an empty array with room for the text of `count` digests. */
export function emptyDigestTexts(count: number): DigestTexts {
  return new Uint8Array(count * STRIDE);
}

/** Writes the digest with number `index` as text into `texts`. */
export function writeDigestText(texts: DigestTexts, index: number, digests: Uint8Array): void {
  let to = index * STRIDE;
  const start = index * DIGEST_BYTES;
  const end = start + DIGEST_BYTES;
  texts[to++] = QUOTE;
  // Three bytes become four letters. The last two of the 32 bytes become three letters (RFC 4648 section 5).
  for (let at = start; at < end; at += 3) {
    const bits = ((digests[at] ?? 0) << 16) | ((at + 1 < end ? (digests[at + 1] ?? 0) : 0) << 8);
    const all = at + 2 < end ? bits | (digests[at + 2] ?? 0) : bits;
    texts[to++] = LETTERS[all >> 18] ?? 0;
    texts[to++] = LETTERS[(all >> 12) & 63] ?? 0;
    texts[to++] = LETTERS[(all >> 6) & 63] ?? 0;
    if (at + 2 < end) texts[to++] = LETTERS[all & 63] ?? 0;
  }
  texts[to++] = QUOTE;
  texts[to] = COMMA;
}

/** Copies the text of `count` entries of `source`, starting at index `from`, into `texts`, starting at index `to`. */
export function copyDigestTexts(
  texts: DigestTexts,
  to: number,
  source: DigestTexts,
  from: number,
  count: number,
): void {
  texts.set(source.subarray(from * STRIDE, (from + count) * STRIDE), to * STRIDE);
}

/**
 * Returns the digest that the asymmetric signatures of a map cover: SHA-256 over the canonical form (RFC 8785) of the
 * map without `signature` and `signatures`. In place of each element of `connectors` is its base64url SHA-256, which
 * comes from `texts`. The elements in `map` are not read.
 */
export function digestOfMap(map: Readonly<Record<string, unknown>>, texts: DigestTexts): string {
  const { [SIGNATURE_MEMBER]: _mac, [SIGNATURES_MEMBER]: _signatures, ...rest } = map;
  const signed = Array.isArray(rest.connectors) ? { ...rest, connectors: [] } : rest;
  const digest = createHash('sha256');
  for (const { text, opens } of canonicalPieces(signed, SIGNATURE_MEMBER)) {
    digest.update(text, 'utf8');
    // The last digest is not followed by a comma.
    if (opens === 'connectors' && texts.length > 0) digest.update(texts.subarray(0, texts.length - 1));
  }
  return `sha-256:${digest.digest('base64url')}`;
}
