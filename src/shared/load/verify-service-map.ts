import { systemClock } from '../clock.ts';
import { ConnectorManifestError, messageOf, SwitchyardError } from '../errors.ts';
import { canonicalJson } from '../map/canonical-json.ts';
import type { ServiceMapHeader } from '../map/service-map.ts';
import { readKeySet } from '../signatures/key-set.ts';
import type { AcceptPolicy, MapSigners, SignatureTrust } from '../signatures/trust.ts';
import { proveMap } from './prove.ts';

/** Requirements for a service map. The member names equal the names of the manager's options. */
export interface VerifyServiceMapOptions {
  /** JWK set of the public keys that may sign the map. */
  readonly signatureKeys?: object | undefined;
  /** Secret of the HMAC, or a list of secrets with the newest first. */
  readonly signatureKey?: string | readonly string[] | undefined;
  /**
   * Signatures that the map must have. Defaults to `hmac` if only `signatureKey` is given, to `signature` if only
   * `signatureKeys` is given, and to `both` if both are given.
   */
  readonly accept?: AcceptPolicy | undefined;
  /** Number of different public keys that must have signed the map. Defaults to 1. */
  readonly threshold?: number | undefined;
  /** The `id` that the map must have. By default, any id is accepted. */
  readonly mapId?: string | undefined;
  /** Time at which the map must be valid. Defaults to the current time. */
  readonly now?: Date | undefined;
  /** How far in the future `generatedAt` may be, in milliseconds. Defaults to 5 minutes. */
  readonly maxClockSkewMs?: number | undefined;
  /** Maximum number of connectors. There is no limit by default. */
  readonly maxConnectors?: number | undefined;
}

/** Facts about a verified service map. */
export interface VerifiedServiceMap {
  /** All members except `connectors`, `signature` and `signatures`. */
  readonly header: ServiceMapHeader;
  readonly connectorCount: number;
  readonly signers: MapSigners;
  /** When the map expires, in epoch milliseconds: the earliest expiry of the map, its signatures and their keys. */
  readonly expiresAtMs: number;
}

const DEFAULT_SKEW_MS = 300_000;

/**
 * Verifies a service map as a host would. `map` is either the bytes of the map as they are served, or the parsed map.
 * Throws the MAP_… code of the first check that fails, KEYS_INVALID for an invalid JWK set, and OPTIONS_INVALID if an
 * option is invalid or no key is given.
 */
export function verifyServiceMap(map: Uint8Array | object, options: VerifyServiceMapOptions): VerifiedServiceMap {
  const { now, maxClockSkewMs = DEFAULT_SKEW_MS, maxConnectors = Number.POSITIVE_INFINITY } = options;
  // Comparisons with NaN are always false, so NaN as a limit would accept every map.
  if (now !== undefined && !(now instanceof Date && Number.isFinite(now.getTime())))
    throw invalid('`now` must be a valid Date.');
  if (!(maxClockSkewMs >= 0)) throw invalid('`maxClockSkewMs` must be a number of at least 0.');
  if (!(maxConnectors >= 0)) throw invalid('`maxConnectors` must be a number of at least 0.');
  const proof = proveMap(bytesOf(map), null, {
    trust: trustOf(options),
    nowMs: now?.getTime() ?? systemClock.now(),
    floorMs: null,
    maxSkewMs: maxClockSkewMs,
    maxConnectors,
    allowExpired: false,
    maxStaleMs: null,
  });
  if (proof.kind === 'same-body')
    throw new SwitchyardError(
      'INTERNAL',
      'Internal error: a map was treated as unchanged, although there was no earlier map.',
    );
  const { header, delta, signers, expiresAtMs } = proof;
  return { header, connectorCount: delta.added.length, signers, expiresAtMs };
}

function trustOf(options: VerifyServiceMapOptions): SignatureTrust {
  const { signatureKeys, signatureKey = [], threshold = 1, mapId = null } = options;
  const hmacKeys = (typeof signatureKey === 'string' ? [signatureKey] : signatureKey).filter((key) => key !== '');
  const keys = signatureKeys === undefined ? [] : readKeySet(signatureKeys);
  const accept = options.accept ?? defaultPolicy(hmacKeys.length > 0, keys.length > 0);
  if (hmacKeys.length + keys.length === 0)
    throw invalid('verifyServiceMap needs `signatureKeys`, a `signatureKey`, or both.');
  if (!ACCEPT_POLICIES.includes(accept)) throw invalid(`\`accept\` must be one of ${ACCEPT_POLICIES.join(', ')}.`);
  if (!Number.isInteger(threshold) || threshold < 1) throw invalid('`threshold` must be an integer of at least 1.');
  return { accept, hmacKeys, keys, threshold, revoked: [], mapId, requiresSignature: false, keysExpireAtMs: null };
}

const ACCEPT_POLICIES: readonly AcceptPolicy[] = ['hmac', 'signature', 'either', 'both'];

function defaultPolicy(hasHmacKeys: boolean, hasKeys: boolean): AcceptPolicy {
  if (!hasKeys) return 'hmac';
  return hasHmacKeys ? 'both' : 'signature';
}

function bytesOf(map: Uint8Array | object): Uint8Array {
  if (map instanceof Uint8Array) return map;
  try {
    return Buffer.from(canonicalJson(map));
  } catch (error) {
    const why = `The service map cannot be written as JSON: ${messageOf(error)}.`;
    throw new ConnectorManifestError('MAP_NOT_REPRESENTABLE', why, { cause: error });
  }
}

function invalid(message: string): SwitchyardError {
  return new SwitchyardError('OPTIONS_INVALID', message);
}
