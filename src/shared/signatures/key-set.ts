import { createPublicKey, hash } from 'node:crypto';
import { epochMsOf } from '../clock.ts';
import { messageOf, SwitchyardError } from '../errors.ts';
import { decodeBase64url } from '../json/base64url.ts';
import { shownKid } from './shown-kid.ts';
import type { SignatureAlgorithm, TrustedKey } from './trust.ts';

/** A JWK as a caller passed it. It is not checked yet. */
export type UncheckedJwk = Readonly<Record<string, unknown>>;

/** Maximum number of keys in a set. */
const MAX_KEYS = 256;

const MAX_KID_LENGTH = 256;

/** Members of a JWK that contain a private key (RFC 7518 section 6, RFC 8037 section 2). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** The members from which a thumbprint is computed, in their order (RFC 7638 section 3.2, RFC 8037 appendix A.3). */
const THUMBPRINT_MEMBERS: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['EC', ['crv', 'kty', 'x', 'y']],
  ['OKP', ['crv', 'kty', 'x']],
  ['RSA', ['e', 'kty', 'n']],
]);

/** Properties of all keys on a curve: the names of their coordinates, and the names of their algorithm in a JWK. */
interface KeyKind {
  readonly kty: 'EC' | 'OKP';
  readonly alg: SignatureAlgorithm;
  readonly algNames: readonly string[];
  readonly coordinates: readonly string[];
}

const KINDS: ReadonlyMap<unknown, KeyKind> = new Map<unknown, KeyKind>([
  ['Ed25519', { kty: 'OKP', alg: 'EdDSA', algNames: ['EdDSA', 'Ed25519'], coordinates: ['x'] }],
  ['P-256', { kty: 'EC', alg: 'ES256', algNames: ['ES256'], coordinates: ['x', 'y'] }],
]);

const COORDINATE_BYTES = 32;

/**
 * Points of small order of Ed25519 in hex, without the sign bit. With such a public key, anyone can create valid
 * signatures. Encodings at or above the field's prime are refused separately.
 */
const SMALL_ORDER_POINTS: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/**
 * Returns the usable public keys of a JWK set (RFC 7517): Ed25519 and P-256 keys for signatures. Keys of other kinds or
 * for other uses are skipped. Throws KEYS_INVALID if the value is not a JWK set, or if it contains no usable key. Also
 * throws KEYS_INVALID for a private or damaged key, for a usable key without a `kid`, and for usable keys with the same
 * `kid`.
 */
export function readKeySet(value: unknown): readonly TrustedKey[] {
  const list = isRecord(value) ? value.keys : undefined;
  if (!Array.isArray(list)) throw invalid('The key set is not a JWK set: it has no array `keys`.');
  if (list.length > MAX_KEYS)
    throw invalid(`The key set contains ${list.length} keys, but at most ${MAX_KEYS} are allowed.`);
  const keys = new Map<string, TrustedKey>();
  for (const [index, jwk] of list.entries()) {
    const key = readPublicKey(jwk, `keys[${index}]`);
    if (key === null) continue;
    if (keys.has(key.kid)) throw invalid(`Two keys of the key set have the kid ${shownKid(key.kid)}.`);
    keys.set(key.kid, key);
  }
  if (keys.size === 0) throw invalid('The key set contains no Ed25519 or P-256 key for signatures.');
  return [...keys.values()];
}

/**
 * Returns the RFC 7638 thumbprint (base64url SHA-256) of an EC, OKP or RSA key, private or public. Throws KEYS_INVALID
 * if the key is of another kind or a member is missing.
 */
export function thumbprintOf(jwk: UncheckedJwk): string {
  const names = THUMBPRINT_MEMBERS.get(jwk.kty) ?? [];
  const members = names.map((name) => [name, jwk[name]] as const);
  if (members.length === 0 || members.some(([, member]) => typeof member !== 'string'))
    throw invalid('A key has no thumbprint: it is not an EC, OKP or RSA key, or one of its members is missing.');
  return hash('sha256', JSON.stringify(Object.fromEntries(members)), 'base64url');
}

/** A checked key of a supported kind and use. */
export interface ReadKey {
  readonly kid: string;
  readonly alg: SignatureAlgorithm;
  readonly thumbprint: string;
  /** The public members only. */
  readonly jwk: Readonly<Record<string, string>>;
}

/**
 * Returns the checked public half of a JWK. Returns null if the key is not for signing with Ed25519 or P-256. If the
 * key has `key_ops`, they must include `operation`. Throws KEYS_INVALID. The message identifies the key by `place`.
 */
export function readKey(jwk: UncheckedJwk, place: string, operation: 'sign' | 'verify'): ReadKey | null {
  const { kty, crv, use, alg, kid, key_ops: operations } = jwk;
  const kind = KINDS.get(crv);
  if (kind === undefined || kind.kty !== kty) return null;
  if (use !== undefined && use !== 'sig') return null;
  if (alg !== undefined && !kind.algNames.includes(String(alg))) return null;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes(operation))) return null;
  if (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID_LENGTH || !kid.isWellFormed())
    throw invalid(`The key at ${place} has no kid of 1 to ${MAX_KID_LENGTH} characters.`);
  const members: Record<string, string> = { kty: kind.kty, crv: String(crv) };
  for (const name of kind.coordinates) members[name] = readCoordinate(jwk[name], name, kid);
  assertPoint(members, kid);
  return { kid, alg: kind.alg, thumbprint: thumbprintOf(members), jwk: members };
}

function readPublicKey(jwk: unknown, place: string): TrustedKey | null {
  if (!isRecord(jwk)) throw invalid(`The key at ${place} is not an object.`);
  const secret = PRIVATE_MEMBERS.find((name) => jwk[name] !== undefined);
  if (secret !== undefined)
    throw invalid(
      `The key at ${place} is private (it has \`${secret}\`). Give only its public half, and replace the exposed key.`,
    );
  const key = readKey(jwk, place, 'verify');
  if (key === null) return null;
  const notBeforeMs = readInstant(jwk.nbf, 'nbf', key.kid);
  return { ...key, notBeforeMs, expiresAtMs: readInstant(jwk.exp, 'exp', key.kid) };
}

function readCoordinate(value: unknown, name: string, kid: string): string {
  const bytes = typeof value === 'string' ? decodeBase64url(value) : null;
  if (typeof value !== 'string' || bytes?.length !== COORDINATE_BYTES)
    throw invalid(`The member \`${name}\` of the key ${shownKid(kid)} is not 32 bytes in base64url.`);
  return value;
}

/** Refuses coordinates that are not a point on the curve, and points that are not safe as keys. */
function assertPoint(jwk: Readonly<Record<string, string>>, kid: string): void {
  try {
    createPublicKey({ key: { ...jwk }, format: 'jwk' });
  } catch (error) {
    throw invalid(`The key ${shownKid(kid)} is not a point of its curve: ${messageOf(error)}`);
  }
  if (jwk.crv !== 'Ed25519') return;
  const bytes = Buffer.from(jwk.x ?? '', 'base64url');
  bytes[31] = (bytes[31] ?? 0) & 0x7f;
  const isBeyondPrime = (bytes[0] ?? 0) >= 0xed && bytes.subarray(1, 31).every((byte) => byte === 0xff);
  if ((isBeyondPrime && bytes[31] === 0x7f) || SMALL_ORDER_POINTS.has(bytes.toString('hex')))
    throw invalid(`The key ${shownKid(kid)} is a point of small order, or has a non-canonical encoding.`);
}

/** Converts a NumericDate (RFC 7519 section 2) to epoch milliseconds. Returns null if the value is undefined. */
function readInstant(value: unknown, name: string, kid: string): number | null {
  if (value === undefined) return null;
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw invalid(`The member \`${name}\` of the key ${shownKid(kid)} is not a number of seconds since 1970.`);
  return epochMsOf(value);
}

function isRecord(value: unknown): value is UncheckedJwk {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(message: string): SwitchyardError {
  return new SwitchyardError('KEYS_INVALID', message);
}
