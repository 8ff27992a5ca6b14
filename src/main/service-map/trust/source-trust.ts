import type { SourceFacts } from '../../../shared/protocol/writer-messages.ts';
import type { MapSigners, SignatureTrust, TrustedKey } from '../../../shared/signatures/trust.ts';
import type { MapTrust } from '../../options/trust/trust-options.ts';

/** The public keys that may sign a map now, and where they are from. */
export interface KeysInForce {
  readonly keys: readonly TrustedKey[];
  /** Thumbprints of revoked keys. */
  readonly revoked: readonly string[];
  /** The version of the newest key document; null where the configured keys count. */
  readonly version: number | null;
  /** When that document expires, epoch ms; null without one. */
  readonly expiresAtMs: number | null;
  /** Whether only the configuration vouches for these keys: no key document was remembered or believed. */
  readonly trustsConfigurationAlone: boolean;
}

/** The configured keys, without any key document. */
export function configuredKeys(keys: readonly TrustedKey[]): KeysInForce {
  return { keys, revoked: [], version: null, expiresAtMs: null, trustsConfigurationAlone: true };
}

/** What a map has to be signed with, by the options of its source and by what is remembered of it. */
export function trustOf(
  options: MapTrust,
  hmacKeys: readonly string[],
  inForce: KeysInForce,
  facts: SourceFacts,
): SignatureTrust {
  return {
    accept: options.accept,
    hmacKeys,
    keys: inForce.keys,
    threshold: options.threshold,
    revoked: inForce.revoked,
    mapId: options.mapId ?? facts.mapId,
    requiresSignature: facts.seenSigned && !options.isHmacExplicit,
    keysExpireAtMs: inForce.expiresAtMs,
  };
}

/** Whether enough different keys have signed for the source to count as signed from now on. */
export function isSignedBy({ signatures }: MapSigners, threshold: number): boolean {
  return new Set(signatures.map(({ thumbprint }) => thumbprint)).size >= threshold;
}
