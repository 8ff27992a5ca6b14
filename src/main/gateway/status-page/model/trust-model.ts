import type { ServiceMapStatus } from '../../../service-map/service-map-status.ts';
import { isHmacOnly } from '../../../service-map/trust/map-trust-status.ts';
import { type ShownFailure, shownFailure } from './shown-failure.ts';
import { shownName } from './shown-text.ts';

/** Characters of a thumbprint that tell keys apart. */
const SHORT_THUMBPRINT = 8;

/** How long before its end a key or a key document is a caution. */
const SOON_MS = 7 * 24 * 3_600_000;

/** A key that signed the map in force. Instants are epoch ms. */
export interface SignerModel {
  readonly kid: string;
  /** The start of the RFC 7638 thumbprint. */
  readonly thumbprint: string;
  /** When the signature stops counting. */
  readonly expiresAt: number;
  /** When the key expires; null if it does not. */
  readonly keyExpiresAt: number | null;
}

/** Whose signatures the map in force has, and what its keys rest on. Instants are epoch ms. */
export interface TrustModel {
  /** Whether an HMAC was verified. */
  readonly hasHmac: boolean;
  readonly signers: readonly SignerModel[];
  /** Whether the map is signed by its HMAC alone though public keys are configured. */
  readonly isHmacOnly: boolean;
  /** The newest key document; null where the configured keys count. */
  readonly keyDocument: { readonly version: number; readonly expiresAt: number | null } | null;
  /** Whether public keys are used and nothing but the configuration vouches for them. */
  readonly restsOnConfiguration: boolean;
  /** Why newer key documents are not known; null where they are. */
  readonly keyFailure: ShownFailure | null;
  /** The end of the key or key document that ends first; null without one. */
  readonly keysEndAt: number | null;
  /** Why there is no map, though there was one; null where that is not so. */
  readonly dropped: { readonly code: string; readonly at: number } | null;
}

/** What the page shows of the trust in a map. */
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

/** Whether a key or a key document of a map ends within a week, or has ended. */
export function keysEndSoon({ keysEndAt }: TrustModel, nowMs: number): boolean {
  return keysEndAt !== null && keysEndAt <= nowMs + SOON_MS;
}
