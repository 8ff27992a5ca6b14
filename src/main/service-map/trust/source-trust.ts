import type { ErrorCode } from '../../../shared/error-codes.ts';
import type { SourceFacts } from '../../../shared/protocol/writer-messages.ts';
import type { MapSigners, SignatureTrust, TrustedKey } from '../../../shared/signatures/trust.ts';
import type { MapTrust } from '../../options/trust/trust-options.ts';

/** Why the newest key documents are not known, and since when (epoch ms). */
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
   * The revoked keys that are known, except keys whose kid also occurs in `keys`. If one of these revoked keys signed a
   * map, the map is refused for that reason.
   */
  readonly revokedKeys: readonly TrustedKey[];
  /** The version of the newest key document; null while the configured keys apply. */
  readonly version: number | null;
  /** When that document expires, epoch ms; null without a document. */
  readonly expiresAtMs: number | null;
  /**
   * Whether no key document was remembered when this process started. The process then only trusts its configured keys
   * and `minVersion`, and would not notice that key documents were rolled back.
   */
  readonly trustsConfigurationAlone: boolean;
  /** Null once all key documents were followed, or without key documents. */
  readonly lastError: KeyFailure | null;
}

/** Returns the configured keys, without any key document. */
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

/** Returns the signatures that a map needs, by the options of its source and by what is remembered of it. */
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

/** Whether enough different keys signed the map, so that the source counts as signed from now on. */
export function isSignedBy({ signatures }: MapSigners, threshold: number): boolean {
  return new Set(signatures.map(({ thumbprint }) => thumbprint)).size >= threshold;
}

/** Whether the map in force needs its asymmetric signatures; otherwise its HMAC suffices. */
export function needsSignatures(options: MapTrust, { hmacKey }: MapSigners, { seenSigned }: SourceFacts): boolean {
  if (options.accept === 'hmac') return seenSigned && !options.isHmacExplicit;
  return options.accept !== 'either' || hmacKey === null || seenSigned;
}
