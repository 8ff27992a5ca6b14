import { resolve } from 'node:path';
import type { AcceptPolicy, TrustedKey } from '../../../shared/signatures/trust.ts';
import { custom, nullable, oneOf, optional } from '../../../shared/validation/check.ts';
import { from, number, positive, upTo, wholeNumber } from '../../../shared/validation/numbers.ts';
import { text, units } from '../../../shared/validation/text.ts';
import { askForKey, type Secret } from '../secrets.ts';
import { askForKeySet, type KeySetSource } from './key-set-source.ts';

/** One HMAC key or, during a rotation, several keys, the newest first. */
export type HmacKeys = Secret | readonly Secret[];

/**
 * Where signed key documents come from: an http or https URL, a path, or a function. In a URL or path, `{version}` is
 * replaced by a version number. Without `{version}`, the URL or path leads to the newest document, or to an array of
 * documents. The function gets a version number, and returns the document as text, bytes or an object. It returns null
 * if that version does not exist.
 */
export type KeyDocumentSource = string | ((version: number) => unknown);

/** Options for verifying the signatures of a map, and for how long a map may be served. */
export interface TrustOptions {
  /**
   * Public keys that may sign the map: a JWK set, the path of a file with a JWK set, or a function that is called at
   * each load.
   */
  readonly signatureKeys?: KeySetSource | undefined;
  /** How many different keys of `signatureKeys` must have signed the map. Defaults to 1. */
  readonly threshold?: number | undefined;
  /**
   * Which signatures the map needs. Defaults to `hmac` if only `signatureKey` is set, to `signature` if only
   * `signatureKeys` is set, and to `both` if both options are set.
   */
  readonly accept?: AcceptPolicy | undefined;
  /**
   * The `id` that the map must have. Without this option, the first map with valid `signatures` determines the id,
   * which is remembered.
   */
  readonly mapId?: string | undefined;
  /** Where to get the signed key documents with which the publisher replaces and revokes keys. Defaults to none. */
  readonly keyDocuments?: KeyDocumentSource | undefined;
  /** The oldest version of `keyDocuments` that is accepted, if no version is remembered yet. Defaults to 1. */
  readonly minVersion?: number | undefined;
  /**
   * How long an expired map is still served, in milliseconds. After that, its connectors are removed. Defaults to null:
   * the map is served until there is a newer map.
   */
  readonly maxStaleMs?: number | null | undefined;
}

/** Checked {@link TrustOptions} with all defaults filled in. */
export interface MapTrust {
  readonly accept: AcceptPolicy;
  /**
   * Whether the option `accept` is explicitly `hmac`. Then an HMAC alone is enough, even if an earlier version of the
   * map had `signatures`.
   */
  readonly isHmacExplicit: boolean;
  /**
   * Returns the HMAC keys, the newest first. The list is empty if `accept` requires no HMAC. Rejects with
   * SECRET_UNAVAILABLE.
   */
  readonly hmacKeys: () => Promise<readonly string[]>;
  /**
   * Returns the configured public keys. The list is empty if `accept` requires no signatures. Rejects with
   * KEYS_UNAVAILABLE or KEYS_INVALID.
   */
  readonly keySet: () => Promise<readonly TrustedKey[]>;
  readonly threshold: number;
  readonly mapId: string | null;
  readonly keyDocuments: KeyDocumentSource | null;
  readonly minVersion: number | null;
  readonly maxStaleMs: number | null;
}

/** The trust options of one service map, with its HMAC keys. */
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

/** Whether fetch accepts this URL. Fetch rejects URLs that contain credentials. */
function isUrlOf(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.username === '' && url.password === '';
}

/** Checks for the trust options. A manager and each of its `sources` have these options. */
export const TRUST_SHAPE = {
  signatureKey: optional(hmacKeys),
  signatureKeys: optional(
    custom(isKeySet, 'must be a JWK set, the path of a file with a JWK set (a URL is not allowed), or a function'),
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
  // Makes the path absolute now, so that it means the same file even if the working folder changes later.
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

/** Returns the value that applies if the option `accept` is not set. */
export function defaultAccept({ signatureKey, signatureKeys }: TrustChoice): AcceptPolicy {
  if (signatureKeys === undefined) return 'hmac';
  return signatureKey === undefined ? 'signature' : 'both';
}
