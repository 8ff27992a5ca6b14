import { parseForeignJson } from '../json/parse-foreign.ts';
import type { FleetSealer } from './fleet-sealer.ts';

/** What Redis says of the newest body of a map. Nothing of it is believed: it only says what to read and compare. */
export interface MapHead {
  /** SHA-256 of the plain body, hex. */
  readonly sha256: string;
  /** `generatedAt` of the map, epoch ms. */
  readonly generatedAtMs: number;
  /** When the map expires, epoch ms. */
  readonly expiresAtMs: number;
  /** The source's entity tag. Hosts use the one that is sealed with the body. */
  readonly etag: string | null;
  /** How many answers of the source stood by this body since it was published. */
  readonly confirms: number;
  /** Id of the host that leads. */
  readonly by: string;
  /** Goes up with each leader. */
  readonly fence: number;
}

/** No head is longer. A longer text is refused unread. */
export const MAX_HEAD_BYTES = 2_048;

/** Tags that are longer are left out of the head: each beat carries it. */
const MAX_ETAG_LENGTH = 256;

/** The latest instant that a `Date` can hold. */
const MAX_EPOCH_MS = 8.64e15;

/** The head as JSON, with a proof that a host of the fleet wrote it for the map of that name. */
export function writeMapHead(head: MapHead, mapName: string, sealer: FleetSealer): string {
  const etag = head.etag !== null && head.etag.length <= MAX_ETAG_LENGTH ? head.etag : null;
  const written = { ...head, etag };
  return JSON.stringify({ ...written, proof: sealer.prove('map', statementOf(written, mapName)) });
}

/**
 * The head that a text holds; null where it is anything else: too long, no JSON, absurd numbers, written without a
 * secret of the fleet, or for another map. A head that somebody has kept and written again is not noticed here.
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
    // Whatever is wrong with it, it is no head, and the caller says so.
    return null;
  }
}

/** What the proof is about: each field, in an order that never changes. */
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
