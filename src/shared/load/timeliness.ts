import { ConnectorManifestError } from '../errors.ts';
import type { CheckedServiceMap } from '../map/service-map.ts';
import type { ProofPolicy } from '../protocol/thread-messages.ts';
import type { ExpiryBound } from '../signatures/map-signatures.ts';
import { assertNotRolledBack } from './floor.ts';

/**
 * Checks that a map is not expired, not from the future, and not older than a map that was accepted before. The map
 * expires when its own `ttlSeconds` end, or at the earliest of `bounds` if that is sooner. Returns the time of expiry
 * in epoch milliseconds. Throws MAP_FROM_FUTURE, MAP_ROLLED_BACK, MAP_EXPIRED, MAP_KEY_EXPIRED, KEYS_EXPIRED or
 * MAP_TOO_STALE.
 */
export function assertTimely(
  map: Pick<CheckedServiceMap, 'generatedAtMs' | 'expiresAtMs'>,
  policy: ProofPolicy,
  bounds: readonly ExpiryBound[] = [],
): number {
  const generatedAt = new Date(map.generatedAtMs).toISOString();
  if (map.generatedAtMs > policy.nowMs + policy.maxSkewMs) {
    throw new ConnectorManifestError(
      'MAP_FROM_FUTURE',
      `The service map has \`generatedAt\` ${generatedAt}, which is too far in the future.`,
    );
  }
  assertNotRolledBack(map.generatedAtMs, policy);
  const own: ExpiryBound = { atMs: map.expiresAtMs, code: 'MAP_EXPIRED' };
  const earliest = bounds.reduce((first, bound) => (bound.atMs < first.atMs ? bound : first), own);
  assertServable(earliest, policy);
  return earliest.atMs;
}

/** First words of the message about an expired map, by error code. */
const WHAT_EXPIRED: Readonly<Record<string, string>> = {
  MAP_KEY_EXPIRED: 'A key that signed the service map expired',
  KEYS_EXPIRED: 'The newest key document, without which no key may sign the service map, expired',
};

/**
 * Whether a map may be served. A map may be served until it expires and, if the policy allows expired maps, for up to
 * `maxStaleMs` longer.
 */
export function isServable(expiresAtMs: number, policy: ProofPolicy): boolean {
  const { allowExpired, maxStaleMs, nowMs } = policy;
  if (!allowExpired) return expiresAtMs > nowMs;
  return maxStaleMs === null || expiresAtMs + maxStaleMs > nowMs;
}

function assertServable({ atMs, code }: ExpiryBound, policy: ProofPolicy): void {
  if (isServable(atMs, policy)) return;
  const when = isoOf(atMs);
  if (!policy.allowExpired)
    throw new ConnectorManifestError(code, `${WHAT_EXPIRED[code] ?? 'The service map expired'} at ${when}.`);
  throw new ConnectorManifestError(
    'MAP_TOO_STALE',
    `The service map expired at ${when}, more than ${policy.maxStaleMs} ms ago (maxStaleMs).`,
  );
}

/** Returns an instant in ISO 8601, or as a number if it is outside the range of `Date`. */
function isoOf(atMs: number): string {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? `${atMs} ms` : date.toISOString();
}
