import { parseForeignJson } from '../json/parse-foreign.ts';
import type { FleetSealer } from './fleet-sealer.ts';

/**
 * Description of a map's newest body in Redis. A head says only which body to read. The body is verified after it has
 * been read.
 */
export interface MapHead {
  /** SHA-256 of the body in hex, computed before the body was packed and encrypted. */
  readonly sha256: string;
  /** `generatedAt` of the map, in epoch milliseconds. */
  readonly generatedAtMs: number;
  /** Expiry of the map, in epoch milliseconds. */
  readonly expiresAtMs: number;
  /** Entity tag from the source. Hosts do not use this tag, but the tag that is encrypted together with the body. */
  readonly etag: string | null;
  /** How often the source has confirmed this body since it was published. */
  readonly confirms: number;
  /** Id of the leader that wrote the head. */
  readonly by: string;
  /** Fencing number, which increases with each leader. */
  readonly fence: number;
}

/** Maximum length of a head. A longer string is rejected without parsing. */
export const MAX_HEAD_BYTES = 2_048;

/**
 * Maximum length of an entity tag in the head. Longer tags are left out, because the head is sent with each heartbeat.
 */
const MAX_ETAG_LENGTH = 256;

/** Latest instant that a `Date` can hold. */
const MAX_EPOCH_MS = 8.64e15;

/** Returns the head as JSON. Its HMAC proves that a host of the fleet wrote the head for the map with this name. */
export function writeMapHead(head: MapHead, mapName: string, sealer: FleetSealer): string {
  const etag = head.etag !== null && head.etag.length <= MAX_ETAG_LENGTH ? head.etag : null;
  const written = { ...head, etag };
  return JSON.stringify({ ...written, proof: sealer.prove('map', statementOf(written, mapName)) });
}

/**
 * Parses a head. Returns null if the string is too long, is not JSON, contains numbers out of range, or has no valid
 * HMAC for this map. An older head that somebody sends again is not detected here.
 */
export function readMapHead(text: string, mapName: string, sealer: FleetSealer): MapHead | null {
  if (text.length > MAX_HEAD_BYTES) return null;
  const value = parsed(text);
  if (!isHead(value)) return null;
  const { sha256, generatedAtMs, expiresAtMs, etag, confirms, by, fence, proof } = value;
  const head: MapHead = { sha256, generatedAtMs, expiresAtMs, etag, confirms, by, fence };
  return sealer.isProof('map', statementOf(head, mapName), proof) ? head : null;
}

function parsed(text: string): unknown {
  try {
    return parseForeignJson(text);
  } catch {
    // A string that cannot be parsed is not a head. The caller reports that.
    return null;
  }
}

/** Returns the string that the HMAC covers: each field, in an order that never changes. */
function statementOf(head: MapHead, mapName: string): string {
  const { sha256, generatedAtMs, expiresAtMs, etag, confirms, by, fence } = head;
  return JSON.stringify(['map head', mapName, sha256, generatedAtMs, expiresAtMs, etag, confirms, by, fence]);
}

function isHead(value: unknown): value is MapHead & { readonly proof: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const field = (name: string): unknown => (Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined);
  const isCount = (name: string, least: number, most: number): boolean => {
    const count = field(name);
    return typeof count === 'number' && Number.isSafeInteger(count) && count >= least && count <= most;
  };
  const isText = (name: string, pattern: RegExp): boolean => {
    const text = field(name);
    return typeof text === 'string' && pattern.test(text);
  };
  const etag = field('etag');
  return (
    isText('sha256', /^[0-9a-f]{64}$/) &&
    isCount('generatedAtMs', 0, MAX_EPOCH_MS) &&
    isCount('expiresAtMs', 0, MAX_EPOCH_MS) &&
    (etag === null || (typeof etag === 'string' && etag.length <= MAX_ETAG_LENGTH)) &&
    isCount('confirms', 0, Number.MAX_SAFE_INTEGER) &&
    isText('by', /^[A-Za-z0-9_-]{1,64}$/) &&
    isCount('fence', 1, Number.MAX_SAFE_INTEGER) &&
    isText('proof', /^[A-Za-z0-9_-]{43}$/)
  );
}
