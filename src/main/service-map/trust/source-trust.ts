import type { ErrorCode } from '../../../shared/error-codes.ts';
import type { SourceFacts } from '../../../shared/protocol/writer-messages.ts';
import type { MapSigners, SignatureTrust, TrustedKey } from '../../../shared/signatures/trust.ts';
import type { MapTrust } from '../../options/trust/trust-options.ts';

/** Why newer key documents could not be read, and since when, in epoch milliseconds. */
export interface KeyFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly at: number;
}

/** The public keys that may sign a map now, and where they come from. */
export interface KeysInForce {
  readonly keys: readonly TrustedKey[];
  /** Thumbprints of revoked keys. */
  readonly revoked: readonly string[];
  /**
   * The known revoked keys, except keys whose `kid` also occurs in `keys`. A map that a revoked key signed is refused
   * with MAP_KEY_REVOKED.
   */
  readonly revokedKeys: readonly TrustedKey[];
  /** The version of the newest key document; null while the configured keys apply. */
  readonly version: number | null;
  /** When the newest key document expires, in epoch milliseconds; null if there is no document. */
  readonly expiresAtMs: number | null;
  /**
   * Whether no key document was stored when this process started. In this case, the process relies only on its
   * configured keys and `minVersion`, and cannot notice that key documents were rolled back.
   */
  readonly trustsConfigurationAlone: boolean;
  /** The last failure to read newer key documents; null if they were read, or if there are no key documents. */
  readonly lastError: KeyFailure | null;
}

/** Returns the keys of a source without key documents. */
export function configuredKeys(keys: readonly TrustedKey[]): KeysInForce {
  return {
    keys,
    revoked: [],
    revokedKeys: [],
    version: null,
    expiresAtMs: null,
    trustsConfigurationAlone: true,
    lastError: null,
  };
}

/** Returns which signatures a map needs, according to the options of its source and to earlier maps. */
export function trustOf(
  options: MapTrust,
  hmacKeys: readonly string[],
  inForce: KeysInForce,
  facts: SourceFacts,
): SignatureTrust {
  return {
    accept: options.accept,
    hmacKeys,
    keys: [...inForce.keys, ...inForce.revokedKeys],
    threshold: options.threshold,
    revoked: inForce.revoked,
    mapId: options.mapId ?? facts.mapId,
    requiresSignature: facts.seenSigned && !options.isHmacExplicit,
    keysExpireAtMs: inForce.expiresAtMs,
  };
}

/** Whether at least `threshold` different keys signed the map. */
export function isSignedBy({ signatures }: MapSigners, threshold: number): boolean {
  return new Set(signatures.map(({ thumbprint }) => thumbprint)).size >= threshold;
}

/** Whether the current map needs its asymmetric signatures. If false, its HMAC is enough. */
export function needsSignatures(options: MapTrust, { hmacKey }: MapSigners, { seenSigned }: SourceFacts): boolean {
  if (options.accept === 'hmac') return seenSigned && !options.isHmacExplicit;
  return options.accept !== 'either' || hmacKey === null || seenSigned;
}
