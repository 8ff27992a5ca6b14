import { hash } from 'node:crypto';
import { monotonicMs } from './clock.ts';
import { createDigestTable, type Delta, type DigestTable, diffDigests, digestEntry, EMPTY_DIGESTS } from './delta.ts';
import { ConnectorManifestError } from './errors.ts';
import type { KnownMap, LoadPhases, ProofPolicy } from './protocol.ts';
import { asServiceMap, type CheckedServiceMap, checkServiceMap } from './service-map.ts';
import { assertSigned } from './signature.ts';
import { parseStrictJson } from './strict-json.ts';

/** A map that passed every check, compared with the known one. */
export interface Proof {
  readonly kind: 'proof';
  readonly map: CheckedServiceMap;
  readonly digests: DigestTable;
  readonly delta: Delta;
  readonly bodySha256: string;
  readonly phases: Omit<LoadPhases, 'fetch'>;
}

/**
 * Proves that `bytes` are a current map of the holder of the key: parse → verify the signature → check the shape → judge the
 * time → compare with the known map. Bytes that were proven before are `same-body`.
 * Throws the MAP_… code of the first check that fails; nothing is taken from a map that fails any.
 */
export function proveMap(
  bytes: Uint8Array,
  known: KnownMap | null,
  policy: ProofPolicy,
): Proof | { readonly kind: 'same-body' } {
  const bodySha256 = hash('sha256', bytes);
  if (known !== null && known.bodySha256 === bodySha256) {
    assertNotExpired(known.expiresAtMs, policy);
    return { kind: 'same-body' };
  }
  const lap = stopwatch();

  const map = asServiceMap(parseStrictJson(bytes));
  const parse = lap();

  const entryDigests: Uint8Array[] = [];
  assertSigned(map, policy.signatureKey, (piece) => {
    if (piece.element?.key === 'connectors') entryDigests.push(digestEntry(piece.text));
  });
  const verify = lap();

  const checked = checkServiceMap(map, policy.maxConnectors);
  assertTimely(checked, policy);
  const validate = lap();

  const digests = createDigestTable(
    checked.entries.map((entry) => entry.id),
    entryDigests,
  );
  const delta = diffDigests(known?.digests ?? EMPTY_DIGESTS, digests);
  return { kind: 'proof', map: checked, digests, delta, bodySha256, phases: { parse, verify, validate, diff: lap() } };
}

/** Milliseconds since the last call, or since the stopwatch was made. */
function stopwatch(): () => number {
  let lastMs = monotonicMs();
  return () => {
    const startedMs = lastMs;
    lastMs = monotonicMs();
    return lastMs - startedMs;
  };
}

/**
 * `generatedAt` bounds a map on both sides: not expired, not from the future, not older than one accepted before.
 * Throws MAP_EXPIRED, MAP_FROM_FUTURE or MAP_ROLLED_BACK.
 */
export function assertTimely(map: CheckedServiceMap, policy: ProofPolicy): void {
  const generatedAt = new Date(map.generatedAtMs).toISOString();
  if (map.generatedAtMs > policy.nowMs + policy.maxSkewMs) {
    throw new ConnectorManifestError(
      'MAP_FROM_FUTURE',
      `The service map says it was generated at ${generatedAt}, which is still to come.`,
    );
  }
  if (policy.floorMs !== null && map.generatedAtMs < policy.floorMs) {
    const floor = new Date(policy.floorMs).toISOString();
    throw new ConnectorManifestError(
      'MAP_ROLLED_BACK',
      `The service map of ${generatedAt} is older than the one of ${floor} accepted before.`,
    );
  }
  assertNotExpired(map.expiresAtMs, policy);
}

function assertNotExpired(expiresAtMs: number, policy: ProofPolicy): void {
  if (policy.allowExpired || expiresAtMs > policy.nowMs) return;
  throw new ConnectorManifestError('MAP_EXPIRED', `The service map expired at ${new Date(expiresAtMs).toISOString()}.`);
}
