import { ConnectorManifestError } from '../errors.ts';
import type { CheckedServiceMap } from '../map/service-map.ts';
import type { ProofPolicy } from '../protocol/thread-messages.ts';

/**
 * `generatedAt` bounds a map on both sides: not expired, not from the future, not older than one accepted before.
 * Throws MAP_EXPIRED, MAP_FROM_FUTURE or MAP_ROLLED_BACK.
 */
export function assertTimely(map: Pick<CheckedServiceMap, 'generatedAtMs' | 'expiresAtMs'>, policy: ProofPolicy): void {
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

/** Throws MAP_EXPIRED, unless expired ones are allowed. */
export function assertNotExpired(expiresAtMs: number, policy: ProofPolicy): void {
  if (policy.allowExpired || expiresAtMs > policy.nowMs) return;
  throw new ConnectorManifestError('MAP_EXPIRED', `The service map expired at ${new Date(expiresAtMs).toISOString()}.`);
}
