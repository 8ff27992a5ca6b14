import type { ErrorCode } from '../../../shared/error-codes.ts';
import type { SourceFacts } from '../../../shared/protocol/writer-messages.ts';
import type { AcceptPolicy, MapSigners, SignatureAlgorithm, TrustedKey } from '../../../shared/signatures/trust.ts';
import type { MapTrust } from '../../options/trust/trust-options.ts';
import type { KeyFailure, KeysInForce } from './source-trust.ts';

/** A key that signed the current map. */
export interface SignerStatus {
  readonly kid: string;
  readonly alg: SignatureAlgorithm;
  /** The thumbprint (RFC 7638), base64url. */
  readonly thumbprint: string;
  /** When the signature becomes invalid, in epoch milliseconds. */
  readonly expiresAt: number;
  /** When the key itself expires, in epoch milliseconds; null if it does not expire. */
  readonly keyExpiresAt: number | null;
}

/** The keys that signed the current map. */
export interface SignedBy {
  /** The index of the matching HMAC key in `signatureKey`; null if no HMAC was needed. */
  readonly hmacKey: number | null;
  readonly signatures: readonly SignerStatus[];
}

/** The public keys of a source. */
export interface KeysStatus {
  /** The version of the newest key document; null while the configured keys apply. */
  readonly version: number | null;
  /** When the newest key document expires, in epoch milliseconds; null if there is no document. */
  readonly expiresAt: number | null;
  /**
   * Whether no key document was stored when this process started, for example because there is no `stateDir`. In this
   * case, the process can rely only on the configured keys and `minVersion`.
   */
  readonly trustsConfigurationAlone: boolean;
  /** The last failure to read newer key documents; null if they were read, or if there are no key documents. */
  readonly lastError: KeyFailure | null;
}

/** A map that is no longer served although no newer map has replaced it. */
export interface DroppedMap {
  /** The reason: MAP_TOO_STALE or MAP_KEY_REVOKED. */
  readonly code: ErrorCode;
  /** When the map was dropped, in epoch milliseconds. */
  readonly at: number;
}

/** Why the map of a source is trusted. */
export interface MapTrustStatus {
  readonly accept: AcceptPolicy;
  /** The keys that signed the map; null if there is no map. */
  readonly signedBy: SignedBy | null;
  /**
   * Whether a map with enough asymmetric signatures was ever accepted. After such a map, maps with too few asymmetric
   * signatures are refused.
   */
  readonly seenSigned: boolean;
  /** The `id` that the map must have; null accepts every id. */
  readonly mapId: string | null;
  readonly keys: KeysStatus;
  /** The map that was dropped; null once there is a map again. */
  readonly dropped: DroppedMap | null;
}

/** The values from which the trust status of a map is created. */
interface TrustParts {
  readonly options: MapTrust;
  readonly facts: SourceFacts;
  readonly keys: KeysInForce;
  readonly signers: MapSigners | null;
  readonly dropped: DroppedMap | null;
}

export function viewTrust({ options, facts, keys, signers, dropped }: TrustParts): MapTrustStatus {
  const { version, expiresAtMs: expiresAt, trustsConfigurationAlone, lastError } = keys;
  return {
    accept: options.accept,
    signedBy: signers === null ? null : viewSigners(signers, keys.keys),
    seenSigned: facts.seenSigned,
    mapId: options.mapId ?? facts.mapId,
    keys: { version, expiresAt, trustsConfigurationAlone, lastError },
    dropped,
  };
}

function viewSigners({ hmacKey, signatures }: MapSigners, keys: readonly TrustedKey[]): SignedBy {
  return {
    hmacKey,
    signatures: signatures.map(({ kid, alg, thumbprint, expiresAtMs: expiresAt }) => ({
      ...{ kid, alg, thumbprint, expiresAt },
      keyExpiresAt: keys.find((key) => key.thumbprint === thumbprint)?.expiresAtMs ?? null,
    })),
  };
}

/** Returns why a map is trusted, in the form that the metrics show. */
export function observedTrust({ accept, signedBy, keys }: MapTrustStatus) {
  const expiries = (signedBy?.signatures ?? []).flatMap(({ keyExpiresAt }) => keyExpiresAt ?? []);
  return {
    keyExpiresAtMs: expiries.length === 0 ? null : Math.min(...expiries),
    keyDocumentExpiresAtMs: keys.expiresAt,
    isHmacOnly: isHmacOnly({ accept, signedBy }),
    isKeyDocumentFailing: keys.lastError !== null,
  };
}

/** Whether a map is only signed by its HMAC although public keys are configured. */
export function isHmacOnly({ accept, signedBy }: Pick<MapTrustStatus, 'accept' | 'signedBy'>): boolean {
  return accept !== 'hmac' && signedBy !== null && signedBy.signatures.length === 0;
}
