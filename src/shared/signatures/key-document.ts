import { ConnectorManifestError, messageOf } from '../errors.ts';
import { parseStrictJson } from '../map/strict-json.ts';
import { custom, withDefault } from '../validation/check.ts';
import { Fault, placeOf } from '../validation/fault.ts';
import { from, wholeNumber } from '../validation/numbers.ts';
import { itemsFrom, itemsUpTo, list, object } from '../validation/objects.ts';
import { instant, matching, text, units } from '../validation/text.ts';
import { type Jws, KEY_DOCUMENT_JWS_TYPE, readJws } from './jws.ts';
import { readKeySet } from './key-set.ts';
import { shownKid } from './shown-kid.ts';
import { signJws } from './sign-jws.ts';
import type { SigningKey } from './signing-key.ts';
import type { TrustedKey } from './trust.ts';

/** Maximum size of a key document, in bytes. */
export const MAX_KEY_DOCUMENT_BYTES = 64 * 1024;

/** Maximum number of signatures of a key document, because each signature contains the whole payload. */
const MAX_SIGNATURES = 16;

/** Maximum number of keys that a key document can revoke. */
const MAX_REVOKED = 1024;

/** Maximum nesting depth of a key document. A valid document has fewer levels. */
const MAX_DEPTH = 8;

/** Payload of a published key document. */
export interface KeyDocumentPayload {
  /** Version of the document: 1 for the first document, and one more for each later document. */
  readonly version: number;
  /** When the document expires, in ISO 8601. */
  readonly expires: string;
  /** JWK set (RFC 7517) of the public keys. */
  readonly keys: { readonly keys: readonly object[] };
  /** The `kid`s of the root keys, which may sign this document and the next one. */
  readonly roots: readonly string[];
  /** Number of different root keys that must sign a document. */
  readonly threshold: number;
  /** RFC 7638 thumbprints of keys that are no longer trusted. */
  readonly revoked: readonly string[];
}

/** A key document as it is published: several compact JWS with the same payload. */
export interface SignedKeyDocument {
  readonly signatures: readonly string[];
}

/** A key document whose form has been checked. `verifyKeyDocument` checks whether enough root keys signed it. */
export interface KeyDocument {
  readonly version: number;
  /** When the document expires, in epoch milliseconds. */
  readonly expiresAtMs: number;
  /** The keys that may sign maps, without revoked keys. */
  readonly keys: readonly TrustedKey[];
  /** The root keys, which may sign this document and the next one, without revoked keys. */
  readonly roots: readonly TrustedKey[];
  readonly threshold: number;
  /** RFC 7638 thumbprints of the revoked keys. */
  readonly revoked: readonly string[];
  /** Revoked keys that are still in the document. Messages use them to show the `kid` of a revoked key. */
  readonly revokedKeys: readonly TrustedKey[];
  readonly signatures: readonly Jws[];
  /**
   * The payload in base64url, which is the same in each signature. If two documents have the same version but different
   * payloads, one of them is a fork.
   */
  readonly payloadPart: string;
  /** The whole document as text. */
  readonly text: string;
}

const thumbprint = text(matching(/^[\w-]{43}$/, 'must be the thumbprint of a key: 43 characters of base64url'));

/** Checks the form of a key document's payload. */
export const checkPayload = object({
  version: wholeNumber(from(1)),
  expires: instant,
  keys: custom((value) => value !== undefined, 'is missing'),
  roots: list(text(units(1)), itemsFrom(1)),
  threshold: wholeNumber(from(1)),
  revoked: withDefault(list(thumbprint, itemsUpTo(MAX_REVOKED)), []),
});

/**
 * Parses a key document: strict JSON of at most 64 KiB in the form `{ "signatures": [compact JWS, …] }`, with 1 to 16
 * signatures of the same payload. Unknown members are ignored. Throws KEYS_INVALID.
 */
export function readKeyDocument(document: string | Uint8Array): KeyDocument {
  const bytes = typeof document === 'string' ? new TextEncoder().encode(document) : document;
  const signatures = readSignatures(bytes);
  const [first] = signatures;
  if (first === undefined) throw invalid('it has no signature');
  const { payload, payloadPart } = first;
  if (signatures.some((signature) => signature.payloadPart !== payloadPart))
    throw invalid('its signatures have different payloads');
  const checked = checkPayload(payload);
  if (checked instanceof Fault) throw invalid(`\`${placeOf(checked.path)}\` is invalid: it ${checked.message}`);
  const { version, expires, roots: rootKids, threshold, revoked } = checked;
  const published = readKeySet(checked.keys);
  const isInForce = (key: TrustedKey): boolean => !revoked.includes(key.thumbprint);
  const roots = readRoots(rootKids, published).filter(isInForce);
  const rootCount = new Set(roots.map(({ thumbprint }) => thumbprint)).size;
  if (threshold > rootCount)
    throw invalid(`its threshold is ${threshold}, but its number of unrevoked roots is ${rootCount}`);
  return {
    ...{ version, threshold, revoked, signatures, payloadPart, roots },
    expiresAtMs: Date.parse(expires),
    keys: published.filter(isInForce),
    revokedKeys: published.filter((key) => !isInForce(key)),
    text: new TextDecoder().decode(bytes),
  };
}

/**
 * Returns the version of a key document, or null if the document cannot be read. Verifies nothing, and is therefore
 * fast enough to be called for many documents.
 */
export function peekKeyDocumentVersion(document: unknown): number | null {
  try {
    const { signatures } = document as SignedKeyDocument;
    const [, payloadPart = ''] = String(signatures[0]).split('.');
    const { version } = parseStrictJson(Buffer.from(payloadPart, 'base64url')) as unknown as KeyDocumentPayload;
    return Number.isSafeInteger(version) ? version : null;
  } catch {
    return null;
  }
}

/**
 * Creates a key document with this payload, signed with each of these keys. Throws KEYS_INVALID if the payload does not
 * have the required form, or if the document would be too large.
 */
export function createKeyDocument(payload: KeyDocumentPayload, signingKeys: readonly SigningKey[]): SignedKeyDocument {
  const document = { signatures: signingKeys.map((key) => signJws(payload, key, KEY_DOCUMENT_JWS_TYPE)) };
  readKeyDocument(JSON.stringify(document));
  return document;
}

function readSignatures(bytes: Uint8Array): readonly Jws[] {
  if (bytes.length > MAX_KEY_DOCUMENT_BYTES) throw invalid(`it is larger than ${MAX_KEY_DOCUMENT_BYTES} bytes`);
  const { signatures } = parseDocument(bytes);
  if (!Array.isArray(signatures) || signatures.length === 0 || signatures.length > MAX_SIGNATURES)
    throw invalid(`\`signatures\` is not an array of 1 to ${MAX_SIGNATURES} signatures`);
  const form = { code: 'KEYS_INVALID', subject: 'the key document', maxLength: MAX_KEY_DOCUMENT_BYTES } as const;
  return signatures.map((signature) => readJws(signature, KEY_DOCUMENT_JWS_TYPE, form));
}

function parseDocument(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseStrictJson(bytes, MAX_DEPTH, 'it');
  } catch (error) {
    throw invalid(messageOf(error).replace(/\.$/, ''));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('it is not a JSON object');
  return value as Readonly<Record<string, unknown>>;
}

function readRoots(kids: readonly string[], keys: readonly TrustedKey[]): readonly TrustedKey[] {
  if (new Set(kids).size !== kids.length) throw invalid('`roots` names a key twice');
  return kids.map((kid) => {
    const root = keys.find((key) => key.kid === kid);
    if (root === undefined) throw invalid(`\`roots\` names ${shownKid(kid)}, which is not among its usable keys`);
    return root;
  });
}

function invalid(why: string): ConnectorManifestError {
  return new ConnectorManifestError('KEYS_INVALID', `The key document is not valid: ${why}.`);
}
