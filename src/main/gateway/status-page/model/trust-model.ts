import type { ServiceMapStatus } from '../../../service-map/service-map-status.ts';
import { isHmacOnly } from '../../../service-map/trust/map-trust-status.ts';
import { type ShownFailure, shownFailure } from './shown-failure.ts';
import { shownName } from './shown-text.ts';

/** Number of characters of a thumbprint that are shown, to distinguish keys. */
const SHORT_THUMBPRINT = 8;

/** The page warns this long before a key or a key document expires. */
const SOON_MS = 7 * 24 * 3_600_000;

/** A key that signed the map in use. Instants are epoch ms. */
export interface SignerModel {
  readonly kid: string;
  /** Prefix of the RFC 7638 thumbprint. */
  readonly thumbprint: string;
  /** When the signature expires. */
  readonly expiresAt: number;
  /** When the key expires; null if it does not. */
  readonly keyExpiresAt: number | null;
}

/** Signatures of the map in use, and the basis of trust in its keys. Instants are epoch ms. */
export interface TrustModel {
  /** Whether an HMAC was verified. */
  readonly hasHmac: boolean;
  readonly signers: readonly SignerModel[];
  /** Whether the map is signed by its HMAC alone although public keys are configured. */
  readonly isHmacOnly: boolean;
  /** The newest key document; null if the configured keys are in use. */
  readonly keyDocument: { readonly version: number; readonly expiresAt: number | null } | null;
  /** Whether some of the public keys in use are trusted only because the configuration names them. */
  readonly restsOnConfiguration: boolean;
  /** Why newer key documents could not be loaded; null after a success. */
  readonly keyFailure: ShownFailure | null;
  /** When the first key or key document expires, in epoch ms; null if nothing expires. */
  readonly keysEndAt: number | null;
  /** Why the map was dropped; null if it was not. */
  readonly dropped: { readonly code: string; readonly at: number } | null;
}

/** Returns the page's model of the trust in a map. */
export function trustModel(status: ServiceMapStatus): TrustModel {
  const { accept, signedBy, keys, dropped } = status;
  const signers = (signedBy?.signatures ?? []).map(({ kid, thumbprint, expiresAt, keyExpiresAt }) => ({
    kid: shownName(kid),
    thumbprint: thumbprint.slice(0, SHORT_THUMBPRINT),
    ...{ expiresAt, keyExpiresAt },
  }));
  const ends = [...signers.map(({ keyExpiresAt }) => keyExpiresAt), keys.expiresAt].filter((end) => end !== null);
  return {
    hasHmac: signedBy !== null && signedBy.hmacKey !== null,
    signers,
    isHmacOnly: isHmacOnly({ accept, signedBy }),
    keyDocument: keys.version === null ? null : { version: keys.version, expiresAt: keys.expiresAt },
    restsOnConfiguration: accept !== 'hmac' && keys.trustsConfigurationAlone,
    keyFailure: keys.lastError === null ? null : shownFailure(keys.lastError),
    keysEndAt: ends.length === 0 ? null : Math.min(...ends),
    dropped,
  };
}

/** True if a key or a key document of a map expires within a week, or has expired. */
export function keysEndSoon({ keysEndAt }: TrustModel, nowMs: number): boolean {
  return keysEndAt !== null && keysEndAt <= nowMs + SOON_MS;
}
