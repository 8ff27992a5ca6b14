import { ConnectorManifestError } from '../errors.ts';
import { matchingKey, SIGNATURE_MEMBER } from '../map/signature.ts';
import type { ProofPolicy } from '../protocol/thread-messages.ts';
import { SIGNATURES_MEMBER } from '../signatures/map-digest.ts';
import { type ExpiryBound, judgeSignatures, type SignatureVerdict } from '../signatures/map-signatures.ts';
import type { MapSigner, MapSigners, SignatureTrust } from '../signatures/trust.ts';
import type { MapContent } from './map-content.ts';

/** The part of a policy that decides whether signatures are accepted. */
export type TrustPolicy = Pick<ProofPolicy, 'trust' | 'nowMs' | 'maxSkewMs' | 'allowExpired'>;

/** The signers of a map, and when their signatures and keys expire. The map's own `ttlSeconds` is not included. */
export interface VerifiedTrust {
  readonly signers: MapSigners;
  readonly bounds: readonly ExpiryBound[];
}

type EnoughSignatures = Extract<SignatureVerdict, { isEnough: true }>;

/**
 * Verifies that a map has the signatures that its source requires (see `AcceptPolicy` and `SignatureTrust`). Computes
 * an HMAC only if the result depends on it. Throws the MAP_… code of the signature that is missing or wrong.
 */
export function verifyTrust(content: MapContent, policy: TrustPolicy): VerifiedTrust {
  const { trust } = policy;
  const verdict = trust.accept === 'hmac' && !trust.requiresSignature ? null : judgeSignatures(content, trust, policy);
  if (trust.accept === 'either' && !trust.requiresSignature) return verifyEither(content, verdict, policy);
  if (verdict?.isEnough === false) throw verdict.error;
  const isMacNeeded = trust.accept === 'hmac' || trust.accept === 'both';
  return verified(isMacNeeded ? macKeyOf(content, trust) : null, verdict, trust);
}

/** Throws MAP_ID_MISMATCH if the `id` of the map differs from the id that its source requires. */
export function assertMapId({ id }: { readonly id: string }, { mapId }: SignatureTrust): void {
  if (mapId === null || id === mapId) return;
  const message =
    'The `id` of the service map differs from the `id` that this source expects: it may be the map of another source.';
  throw new ConnectorManifestError('MAP_ID_MISMATCH', message);
}

/**
 * Accepts a valid HMAC or enough valid asymmetric signatures. If the HMAC is valid, expired asymmetric signatures do
 * not limit how long the map is valid.
 */
function verifyEither(content: MapContent, verdict: SignatureVerdict | null, policy: TrustPolicy): VerifiedTrust {
  const { trust, nowMs } = policy;
  const enough = verdict?.isEnough === true ? verdict : null;
  let hmacKey: number | null = null;
  try {
    hmacKey = macKeyOf(content, trust);
  } catch (error) {
    const isSigned = content.map[SIGNATURES_MEMBER] !== undefined;
    if (enough === null) throw verdict?.isEnough === false && isSigned ? verdict.error : error;
  }
  const holds = enough !== null && boundsOf(enough, trust).every(({ atMs }) => atMs > nowMs);
  return verified(hmacKey, hmacKey === null || holds ? enough : null, trust);
}

function macKeyOf({ map, macOf }: MapContent, { hmacKeys }: SignatureTrust): number {
  return matchingKey(map[SIGNATURE_MEMBER], hmacKeys, macOf);
}

function verified(hmacKey: number | null, verdict: SignatureVerdict | null, trust: SignatureTrust): VerifiedTrust {
  const enough = verdict?.isEnough === true ? verdict : null;
  const signatures: readonly MapSigner[] = enough?.signers ?? [];
  return { signers: { hmacKey, signatures }, bounds: enough === null ? [] : boundsOf(enough, trust) };
}

function boundsOf({ bound }: EnoughSignatures, { keysExpireAtMs }: SignatureTrust): readonly ExpiryBound[] {
  return keysExpireAtMs === null ? [bound] : [bound, { atMs: keysExpireAtMs, code: 'KEYS_EXPIRED' }];
}
