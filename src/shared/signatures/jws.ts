import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { ErrorCode } from '../error-codes.ts';
import { ConnectorManifestError, messageOf } from '../errors.ts';
import { decodeBase64url } from '../json/base64url.ts';
import { parseStrictJson } from '../map/strict-json.ts';
import type { SignatureAlgorithm, TrustedKey } from './trust.ts';

/** The `typ` of a service map's signatures. */
export const MAP_JWS_TYPE = 'service-map+jws';

/** The `typ` of a key document's signatures. */
export const KEY_DOCUMENT_JWS_TYPE = 'service-map-keys+jws';

/** Length of a signature, for both Ed25519 (RFC 8032) and ES256 (RFC 7518 section 3.4). */
const SIGNATURE_BYTES = 64;

const MAX_MAP_JWS_LENGTH = 8 * 1024;

/** Members that a JWS header must not have, because they change how a signature is read or where its key comes from. */
const REFUSED_HEADER_MEMBERS = ['crit', 'b64', 'jwk', 'jku', 'x5u', 'x5c', 'x5t', 'x5t#S256'];

/** Values of `alg` in a JWS header for each algorithm. RFC 9864 introduced a separate name for Ed25519. */
const ALGORITHM_NAMES: Readonly<Record<SignatureAlgorithm, readonly string[]>> = {
  EdDSA: ['EdDSA', 'Ed25519'],
  ES256: ['ES256'],
};

/** A JWS (RFC 7515) of the required form. Its signature is not verified yet. */
export interface Jws {
  /** The algorithm in the header. It may be an algorithm that is not supported. */
  readonly alg: string;
  readonly kid: string;
  /** The payload, which is a JSON object. Its members are not checked yet. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** The payload as it is in the JWS, in base64url. */
  readonly payloadPart: string;
  /** The text that is signed: header and payload in base64url, with a dot between them. */
  readonly signingInput: string;
  readonly signature: Uint8Array;
}

/** Options of `readJws` about the document that contains the JWS. The defaults are for a service map. */
export interface JwsForm {
  /** Error code for every refused JWS. */
  readonly code: ErrorCode;
  /** Name of the document in messages, such as `the service map`. */
  readonly subject: string;
  /** Maximum length of the whole JWS, in characters. */
  readonly maxLength: number;
}

const MAP_FORM: JwsForm = {
  code: 'MAP_SIGNATURE_MALFORMED',
  subject: 'the service map',
  maxLength: MAX_MAP_JWS_LENGTH,
};

/**
 * Parses a JWS in compact serialization whose header has this `typ` and a `kid`, and whose payload is a JSON object.
 * The parser is strict: it requires canonical base64url, and refuses duplicate members and the algorithm `none`. The
 * header must not specify a key or change the rules (`crit`, `b64`, `jwk`, `jku`, `x5u`, `x5c`, `x5t`). Throws
 * MAP_SIGNATURE_MALFORMED, or the code in `form`.
 */
export function readJws(text: unknown, typ: string, form: Partial<JwsForm> = {}): Jws {
  const { code, subject, maxLength } = { ...MAP_FORM, ...form };
  const malformed = (why: string): ConnectorManifestError =>
    new ConnectorManifestError(code, `A signature of ${subject} is malformed: ${why}.`);
  if (typeof text !== 'string') throw malformed('it is not a string');
  if (text.length > maxLength) throw malformed(`it has more than ${maxLength} characters`);
  const parts = text.split('.');
  const [headerPart, payloadPart, signaturePart] = parts;
  if (parts.length !== 3 || headerPart === undefined || payloadPart === undefined || signaturePart === undefined)
    throw malformed('it does not consist of three parts');
  const header = readObject(headerPart, 'header', malformed);
  const { alg, kid } = header;
  if (typeof alg !== 'string' || alg === '' || alg.toLowerCase() === 'none')
    throw malformed('its header names no signature algorithm');
  const refused = REFUSED_HEADER_MEMBERS.find((name) => Object.hasOwn(header, name));
  if (refused !== undefined) throw malformed(`its header has the member \`${refused}\``);
  if (header.typ !== typ) throw malformed(`the \`typ\` in its header is not "${typ}"`);
  if (typeof kid !== 'string' || kid === '') throw malformed('its header has no `kid`');
  const payload = readObject(payloadPart, 'payload', malformed);
  const signature = decodeBase64url(signaturePart);
  if (signature === null || signature.length === 0) throw malformed('its third part is not canonical base64url');
  return { alg, kid, payload, payloadPart, signingInput: `${headerPart}.${payloadPart}`, signature };
}

/** Whether the header contains the algorithm of this key. The key determines the algorithm, never the header. */
export function isAlgorithmOf({ alg }: Jws, key: TrustedKey): boolean {
  return ALGORITHM_NAMES[key.alg].includes(alg);
}

/**
 * Whether a JWS was signed with the private key of this public key. The key determines the algorithm, and the header
 * must contain the same algorithm. The `kid` is not compared, because the caller found the key by its `kid`.
 */
export function isSignedBy(jws: Jws, key: TrustedKey): boolean {
  if (!isAlgorithmOf(jws, key) || jws.signature.length !== SIGNATURE_BYTES) return false;
  const data = Buffer.from(jws.signingInput, 'latin1');
  const publicKey = keyObjectOf(key);
  if (key.alg === 'EdDSA') return verify(null, data, publicKey, jws.signature);
  return verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, jws.signature);
}

function readObject(
  part: string,
  name: string,
  malformed: (why: string) => ConnectorManifestError,
): Readonly<Record<string, unknown>> {
  const bytes = decodeBase64url(part);
  if (bytes === null || bytes.length === 0) throw malformed(`its ${name} is not canonical base64url`);
  let value: unknown;
  try {
    value = parseStrictJson(bytes, undefined, `its ${name}`);
  } catch (error) {
    throw malformed(messageOf(error).replace(/\.$/, ''));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed(`its ${name} is not a JSON object`);
  return value as Readonly<Record<string, unknown>>;
}

/** Keys arrive as plain data with each load. With this cache, OpenSSL parses each key only once. */
const keyObjects = new Map<string, KeyObject>();

const MAX_KEY_OBJECTS = 256;

function keyObjectOf({ jwk }: TrustedKey): KeyObject {
  const name = `${jwk.crv}:${jwk.x}:${jwk.y ?? ''}`;
  const known = keyObjects.get(name);
  if (known !== undefined) return known;
  if (keyObjects.size >= MAX_KEY_OBJECTS) keyObjects.clear();
  const read = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  keyObjects.set(name, read);
  return read;
}
