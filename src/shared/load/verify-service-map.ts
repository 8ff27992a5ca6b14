import { systemClock } from '../clock.ts';
import { ConnectorManifestError, messageOf, SwitchyardError } from '../errors.ts';
import { canonicalJson } from '../map/canonical-json.ts';
import type { ServiceMapHeader } from '../map/service-map.ts';
import { readKeySet } from '../signatures/key-set.ts';
import type { AcceptPolicy, MapSigners, SignatureTrust } from '../signatures/trust.ts';
import { proveMap } from './prove.ts';

/** What a service map must satisfy; the names are those of the manager's options. */
export interface VerifyServiceMapOptions {
  /** A JWK set of public keys that may sign. */
  readonly signatureKeys?: object | undefined;
  /** The secret of the HMAC, or several, the newest first. */
  readonly signatureKey?: string | readonly string[] | undefined;
  /** By default `hmac` with `signatureKey` alone, `signature` with `signatureKeys` alone, `both` with both. */
  readonly accept?: AcceptPolicy | undefined;
  /** How many different keys must have signed. Defaults to 1. */
  readonly threshold?: number | undefined;
  /** The `id` that the map must have. By default any. */
  readonly mapId?: string | undefined;
  /** The moment at which the map must be current. Defaults to now. */
  readonly now?: Date | undefined;
  /** How far `generatedAt` may lie ahead. Defaults to 5 minutes. */
  readonly maxClockSkewMs?: number | undefined;
  /** Defaults to no limit. */
  readonly maxConnectors?: number | undefined;
}

/** What is known of a service map that was verified. */
export interface VerifiedServiceMap {
  /** All members but `connectors`, `signature` and `signatures`. */
  readonly header: ServiceMapHeader;
  readonly connectorCount: number;
  readonly signers: MapSigners;
  /** The earliest of the ends of the map, its signatures and their keys, epoch ms. */
  readonly expiresAtMs: number;
}

const DEFAULT_SKEW_MS = 300_000;

/**
 * Verifies a service map as a host would: its bytes as they are served, or the parsed map. Throws the MAP_… code of
 * the first check that fails, KEYS_INVALID for a bad JWK set and OPTIONS_INVALID for a bad option or without any key.
 */
export function verifyServiceMap(map: Uint8Array | object, options: VerifyServiceMapOptions): VerifiedServiceMap {
  const { now, maxClockSkewMs = DEFAULT_SKEW_MS, maxConnectors = Number.POSITIVE_INFINITY } = options;
  // No comparison with NaN is true: a limit that is none would pass everything.
  if (now !== undefined && !(now instanceof Date && Number.isFinite(now.getTime())))
    throw invalid('`now` is no valid Date.');
  if (!(maxClockSkewMs >= 0)) throw invalid('`maxClockSkewMs` is no number of at least 0.');
  if (!(maxConnectors >= 0)) throw invalid('`maxConnectors` is no number of at least 0.');
  const proof = proveMap(bytesOf(map), null, {
    trust: trustOf(options),
    nowMs: now?.getTime() ?? systemClock.now(),
    floorMs: null,
    maxSkewMs: maxClockSkewMs,
    maxConnectors,
    allowExpired: false,
    maxStaleMs: null,
  });
  if (proof.kind === 'same-body') throw new SwitchyardError('INTERNAL', 'A map is known before it was proven.');
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
  if (!ACCEPT_POLICIES.includes(accept)) throw invalid(`\`accept\` is none of ${ACCEPT_POLICIES.join(', ')}.`);
  if (!Number.isInteger(threshold) || threshold < 1) throw invalid('`threshold` is no whole number of at least 1.');
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
