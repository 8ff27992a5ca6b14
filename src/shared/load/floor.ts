import { ConnectorManifestError } from '../errors.ts';
import type { ProofPolicy } from '../protocol/thread-messages.ts';

/**
 * Whether a floor (the minimum `generatedAt`) is so far in the future that no current map reaches it. That happens if a
 * map was accepted while the clock of this host was wrong.
 */
export function isFloorInFuture(floorMs: number, nowMs: number, maxSkewMs: number): boolean {
  return floorMs > nowMs + maxSkewMs;
}

/**
 * Throws MAP_ROLLED_BACK for a map that is older than a map that was accepted before. `detail.floorMs` is the
 * `generatedAt` of the accepted map. If that time is in the future, the message says so and explains how to recover.
 */
export function assertNotRolledBack(
  generatedAtMs: number,
  { floorMs, nowMs, maxSkewMs }: Pick<ProofPolicy, 'floorMs' | 'nowMs' | 'maxSkewMs'>,
): void {
  if (floorMs === null || generatedAtMs >= floorMs) return;
  const [generatedAt, floor] = [generatedAtMs, floorMs].map((ms) => new Date(ms).toISOString());
  const message = `The service map was generated at ${generatedAt}, but a newer map of ${floor} was accepted before.`;
  const way =
    ' That time is in the future: this host accepted a map while its clock was wrong. Correct the clock, then ' +
    'run `mcp-switchyard state reset-floor`.';
  const why = isFloorInFuture(floorMs, nowMs, maxSkewMs) ? message + way : message;
  throw new ConnectorManifestError('MAP_ROLLED_BACK', why, { detail: { floorMs } });
}
