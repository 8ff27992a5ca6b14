import { createHmac, type Hmac, timingSafeEqual } from 'node:crypto';
import { ConnectorManifestError } from '../errors.ts';
import { canonicalJson, canonicalPieces } from './canonical-json.ts';

/** Member of a service map that contains its HMAC. The HMAC covers all other members. */
export const SIGNATURE_MEMBER = 'signature';

const MAC_BYTES = 32;

/**
 * Returns the canonical form (RFC 8785) of a payload, which is the text that is signed. No member is left out, so the
 * payload must be passed without its signature. Throws a TypeError for values that JSON cannot represent.
 */
export function canonicalizeServiceMapPayload(payload: unknown): string {
  return canonicalJson(payload);
}

/** Returns the HMAC-SHA256 in base64url over the canonical form of `payload` without its top-level `signature`. */
export function createServiceMapSignature(payload: object, key: string): string {
  return computeMac(payload as Readonly<Record<string, unknown>>, key).toString('base64url');
}

/**
 * Whether `signature` (base64url or lower-case hex) matches `key` and `payload` without its top-level `signature`. The
 * comparison takes constant time. Returns false for a malformed signature and for an empty key, and never throws for
 * either.
 */
export function verifyServiceMapSignature(payload: object, signature: string, key: string): boolean {
  const given = key === '' ? null : decodeMac(signature);
  return given !== null && timingSafeEqual(given, computeMac(payload as Readonly<Record<string, unknown>>, key));
}

/**
 * Verifies the `signature` of a received map, which covers all other members. Throws MAP_SIGNATURE_MISSING,
 * MAP_SIGNATURE_MALFORMED or MAP_SIGNATURE_MISMATCH.
 */
export function assertSigned(map: Readonly<Record<string, unknown>>, key: string): void {
  matchingKey(map[SIGNATURE_MEMBER], [key], () => computeMac(map, key));
}

/**
 * Returns the index of the first key whose MAC matches the signature of a map. The function `macOf` returns the MAC of
 * the map for a key. It is called for one key after the other until a MAC matches. An empty key matches nothing. Throws
 * MAP_SIGNATURE_MISSING, MAP_SIGNATURE_MALFORMED or MAP_SIGNATURE_MISMATCH.
 */
export function matchingKey(signature: unknown, keys: readonly string[], macOf: (key: string) => Buffer): number {
  if (signature === undefined || signature === '') {
    throw new ConnectorManifestError('MAP_SIGNATURE_MISSING', 'The service map has no signature.');
  }
  const given = decodeMac(signature);
  if (given === null) {
    throw new ConnectorManifestError(
      'MAP_SIGNATURE_MALFORMED',
      'The signature of the service map is neither 43 characters of base64url nor 64 characters of lower-case hex.',
    );
  }
  const index = keys.findIndex((key) => key !== '' && timingSafeEqual(given, macOf(key)));
  if (index >= 0) return index;
  throw new ConnectorManifestError(
    'MAP_SIGNATURE_MISMATCH',
    keys.length > 1
      ? `The signature of the service map does not match its content with any of the ${keys.length} configured keys.`
      : 'The signature of the service map does not match its content with the configured key.',
  );
}

function computeMac(map: Readonly<Record<string, unknown>>, key: string): Buffer {
  const mac = createHmac('sha256', key);
  for (const { text } of canonicalPieces(map, SIGNATURE_MEMBER)) mac.update(text, 'utf8');
  return mac.digest();
}

/**
 * Returns the MAC of a map. `skeleton` is the map without its entries. `feed` adds the canonical forms of the entries
 * to the MAC, separated by commas.
 */
export function macWithEntries(
  skeleton: Readonly<Record<string, unknown>>,
  key: string,
  feed: (mac: Hmac) => void,
): Buffer {
  const mac = createHmac('sha256', key);
  for (const { text, opens } of canonicalPieces(skeleton, SIGNATURE_MEMBER)) {
    mac.update(text, 'utf8');
    if (opens === 'connectors') feed(mac);
  }
  return mac.digest();
}

/**
 * Decodes the 32 bytes of a MAC. Returns null if `text` is not a MAC. Buffer.from() skips invalid characters, so the
 * form is checked first, and the bytes are encoded again and compared. Without these checks, several strings would be
 * accepted for the same MAC.
 */
function decodeMac(text: unknown): Buffer | null {
  if (typeof text !== 'string') return null;
  const encoding = text.length === 2 * MAC_BYTES ? 'hex' : 'base64url';
  const bytes = Buffer.from(text, encoding);
  return bytes.length === MAC_BYTES && bytes.toString(encoding) === text ? bytes : null;
}
