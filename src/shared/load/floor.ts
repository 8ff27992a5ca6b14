import { ConnectorManifestError } from '../errors.ts';
import type { ProofPolicy } from '../protocol/thread-messages.ts';

/** Whether a floor lies so far ahead that no map of the present reaches it: a wrong clock once accepted that map. */
export function isFloorInFuture(floorMs: number, nowMs: number, maxSkewMs: number): boolean {
  return floorMs > nowMs + maxSkewMs;
}

/**
 * Throws MAP_ROLLED_BACK for a map that is older than one accepted before. `detail.floorMs` is when that was
 * generated; the message says so where it lies in the future, and how to get out of that.
 */
export function assertNotRolledBack(
  generatedAtMs: number,
  { floorMs, nowMs, maxSkewMs }: Pick<ProofPolicy, 'floorMs' | 'nowMs' | 'maxSkewMs'>,
): void {
  if (floorMs === null || generatedAtMs >= floorMs) return;
  const [generatedAt, floor] = [generatedAtMs, floorMs].map((ms) => new Date(ms).toISOString());
  const message = `The service map of ${generatedAt} is older than the one of ${floor} accepted before.`;
  const way =
    ' That instant is still to come: this host once accepted a map with a wrong clock. Correct the clock, then have' +
    ' it forgotten with `mcp-switchyard state reset-floor`.';
  const why = isFloorInFuture(floorMs, nowMs, maxSkewMs) ? message + way : message;
  throw new ConnectorManifestError('MAP_ROLLED_BACK', why, { detail: { floorMs } });
}
