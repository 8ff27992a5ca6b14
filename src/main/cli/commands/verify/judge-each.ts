import type { MapContent } from '../../../../shared/load/map-content.ts';
import type { TrustPolicy } from '../../../../shared/load/verify-trust.ts';
import { MAP_JWS_TYPE, readJws } from '../../../../shared/signatures/jws.ts';
import { SIGNATURES_MEMBER } from '../../../../shared/signatures/map-digest.ts';
import { judgeSignatures } from '../../../../shared/signatures/map-signatures.ts';
import { type Failure, failureOf } from '../../terminal/output.ts';
import { attempt } from './attempt.ts';

/** What was found about one asymmetric signature of a map. */
export interface SignatureFinding {
  /** The `kid` in the signature; null if the signature cannot be read. */
  readonly kid: string | null;
  readonly alg: string | null;
  /** Thumbprint of the trusted key with this `kid`; null if there is no such key. */
  readonly thumbprint: string | null;
  /** Time at which the signature expires, in epoch milliseconds; null if the signature is not valid. */
  readonly expiresAt: number | null;
  /** Why the signature is not valid; null if it is valid. */
  readonly problem: Failure | null;
}

/** Messages about a single signature. The key is the error code for a map that has only this signature. */
const REASONS: Readonly<Record<string, string>> = {
  MAP_SIGNATURE_UNTRUSTED: 'its key is not trusted here.',
  MAP_KEY_REVOKED: 'its key was revoked.',
  MAP_KEY_EXPIRED: 'its key has expired, or is not valid yet.',
};

/** Verifies each asymmetric signature of a map separately. Checks at most the first 16 signatures. */
export function judgeEach(content: MapContent, policy: TrustPolicy): readonly SignatureFinding[] {
  const list = content.map[SIGNATURES_MEMBER];
  if (!Array.isArray(list)) return [];
  return (list as readonly unknown[]).slice(0, 16).map((text) => judge(text, content, policy));
}

function judge(text: unknown, content: MapContent, policy: TrustPolicy): SignatureFinding {
  const alone = { map: { ...content.map, [SIGNATURES_MEMBER]: [text] }, digest: content.digest };
  const jws = attempt(() => readJws(text, MAP_JWS_TYPE));
  if (!jws.ok) return { kid: null, alg: null, thumbprint: null, expiresAt: null, problem: jws.failure };
  const { kid, alg } = jws.value;
  const thumbprint = policy.trust.keys.find((key) => key.kid === kid)?.thumbprint ?? null;
  const verdict = attempt(() => judgeSignatures(alone, { ...policy.trust, threshold: 1 }, policy));
  if (!verdict.ok) return { kid, alg, thumbprint, expiresAt: null, problem: verdict.failure };
  if (!verdict.value.isEnough) {
    const failure = failureOf(verdict.value.error);
    const problem = { ...failure, message: REASONS[failure.code] ?? failure.message };
    return { kid, alg, thumbprint, expiresAt: null, problem };
  }
  return { kid, alg, thumbprint, expiresAt: verdict.value.bound.atMs, problem: null };
}
