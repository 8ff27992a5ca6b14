import { resolve } from 'node:path';
import type { AcceptPolicy, TrustedKey } from '../../../shared/signatures/trust.ts';
import { custom, nullable, oneOf, optional } from '../../../shared/validation/check.ts';
import { from, number, positive, upTo, wholeNumber } from '../../../shared/validation/numbers.ts';
import { text, units } from '../../../shared/validation/text.ts';
import { askForKey, type Secret } from '../secrets.ts';
import { askForKeySet, type KeySetSource } from './key-set-source.ts';

/** HMAC keys, the newest first: more than one during a rotation. */
export type HmacKeys = Secret | readonly Secret[];

/**
 * The source of signed key documents: an http or https URL, a path, or a function. In a URL or path, `{version}` stands
 * for the version. Without `{version}`, the source holds the newest document or an array of documents. The function
 * returns the document of a version as text, bytes or an object, or null.
 */
export type KeyDocumentSource = string | ((version: number) => unknown);

/** How the signatures of a map are verified, and for how long the map may be served. */
export interface TrustOptions {
  /** Public keys that may sign the map: a JWK set, the path of a JWK set, or a function that is called at each load. */
  readonly signatureKeys?: KeySetSource | undefined;
  /** How many different keys of `signatureKeys` must have signed the map. Defaults to 1. */
  readonly threshold?: number | undefined;
  /**
   * Which signatures the map needs. Defaults to `hmac` if only `signatureKey` is set, to `signature` if only
   * `signatureKeys` is set, and to `both` if both are set.
   */
  readonly accept?: AcceptPolicy | undefined;
  /**
   * The `id` that the map must have. Defaults to the id of the first map with valid `signatures`; that id is
   * remembered.
   */
  readonly mapId?: string | undefined;
  /** Signed key documents, by which the publisher replaces and revokes keys. Defaults to none. */
  readonly keyDocuments?: KeyDocumentSource | undefined;
  /** The oldest version of `keyDocuments` that is accepted if none is remembered. Defaults to 1. */
  readonly minVersion?: number | undefined;
  /**
   * How long the map is still served after it expired, in milliseconds; then its connectors are removed. Defaults to
   * null, which serves the map until there is a newer map.
   */
  readonly maxStaleMs?: number | null | undefined;
}

/** {@link TrustOptions} with all defaults filled in. */
export interface MapTrust {
  readonly accept: AcceptPolicy;
  /** Whether `hmac` was set explicitly: then a source that was signed with `signatures` may go back to HMAC alone. */
  readonly isHmacExplicit: boolean;
  /** The HMAC keys, newest first; empty if `accept` needs no HMAC. Rejects with SECRET_UNAVAILABLE. */
  readonly hmacKeys: () => Promise<readonly string[]>;
  /**
   * The configured public keys; empty if `accept` needs no signatures. Rejects with KEYS_UNAVAILABLE or KEYS_INVALID.
   */
  readonly keySet: () => Promise<readonly TrustedKey[]>;
  readonly threshold: number;
  readonly mapId: string | null;
  readonly keyDocuments: KeyDocumentSource | null;
  readonly minVersion: number | null;
  readonly maxStaleMs: number | null;
}

/** The trust options of one source, with its HMAC keys. */
export interface TrustChoice extends TrustOptions {
  readonly signatureKey?: HmacKeys | undefined;
}

const isSecret = (value: unknown): boolean =>
  typeof value === 'function' || (typeof value === 'string' && value !== '');

const hmacKeys = custom(
  (value) => (Array.isArray(value) ? value.length > 0 && value.every(isSecret) : isSecret(value)),
  'must be a string that is not empty, or a function, or a list of these',
);

const isKeySet = (value: unknown): boolean => {
  if (typeof value === 'string') return value !== '' && !isUrl(value);
  return typeof value === 'function' || (typeof value === 'object' && value !== null);
};

const isDocumentSource = (value: unknown): boolean => {
  if (typeof value !== 'string') return typeof value === 'function';
  return isUrl(value) ? isUrlOf(value.replaceAll('{version}', '1')) : value !== '';
};

const isUrl = (text: string): boolean => /^https?:/i.test(text);

/** Whether fetch accepts this URL. Fetch refuses URLs with credentials. */
function isUrlOf(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.username === '' && url.password === '';
}

/** Checks for the trust options, which are part of the options of a manager and of a source. */
export const TRUST_SHAPE = {
  signatureKey: optional(hmacKeys),
  signatureKeys: optional(
    custom(isKeySet, 'must be a JWK set, the path of one (no URL: a server cannot vouch for itself), or a function'),
  ),
  threshold: optional(wholeNumber(positive, upTo(16))),
  accept: optional(oneOf('hmac', 'signature', 'either', 'both')),
  mapId: optional(text(units(1))),
  keyDocuments: optional(
    custom(isDocumentSource, 'must be a path or an http or https URL without credentials, or a function'),
  ),
  minVersion: optional(wholeNumber(positive)),
  maxStaleMs: optional(nullable(number(from(0)))),
};

/** Fills in the defaults of checked options. */
export function resolveTrust(given: TrustChoice, shared: Pick<TrustOptions, 'maxStaleMs'> = {}): MapTrust {
  const { signatureKey, signatureKeys, threshold, mapId, keyDocuments, minVersion } = given;
  const accept = given.accept ?? defaultAccept(given);
  const secrets = signatureKey === undefined || accept === 'signature' ? [] : [signatureKey].flat();
  const keySet = accept === 'hmac' ? undefined : signatureKeys;
  // Resolved now, so that the path means the same file even if the working folder changes.
  const source = typeof keySet === 'string' ? resolve(keySet) : keySet;
  return {
    accept,
    isHmacExplicit: given.accept === 'hmac',
    hmacKeys: () => Promise.all(secrets.map(askForKey)),
    keySet: source === undefined ? async () => [] : () => askForKeySet(source),
    threshold: threshold ?? 1,
    mapId: mapId ?? null,
    keyDocuments: accept === 'hmac' ? null : documents(keyDocuments),
    minVersion: minVersion ?? null,
    maxStaleMs: (given.maxStaleMs === undefined ? shared.maxStaleMs : given.maxStaleMs) ?? null,
  };
}

function documents(source: KeyDocumentSource | undefined): KeyDocumentSource | null {
  return typeof source === 'string' && !isUrl(source) ? resolve(source) : (source ?? null);
}

/** Returns the policy that applies if `accept` is not set. */
export function defaultAccept({ signatureKey, signatureKeys }: TrustChoice): AcceptPolicy {
  if (signatureKeys === undefined) return 'hmac';
  return signatureKey === undefined ? 'signature' : 'both';
}
