import type { Delta } from '../../shared/map/delta.ts';

/** Below this many connectors a map may lose any number of them at once. */
const SMALLEST_GUARDED = 4;

/** What becomes of connectors that a new map does not list. */
export interface RemovalVerdict {
  readonly removed: readonly string[];
  /** Kept though they are not listed, until the next load agrees. */
  readonly held: readonly string[];
}

/**
 * Judges the removals of a new map: where more than half of at least 4 connectors vanish at once, a producer that lost its data is likelier
 * than a decision, so they are held. Those held before that are missing again are removed: two loads agree.
 */
export function judgeRemovals(delta: Delta, heldBefore: readonly string[]): RemovalVerdict {
  const listedBefore = delta.removed.length + delta.changed.length + delta.unchangedCount;
  const isMass = listedBefore >= SMALLEST_GUARDED && delta.removed.length * 2 > listedBefore;
  const back = new Set(heldBefore.length === 0 ? [] : delta.added);
  const confirmed = heldBefore.filter((id) => !back.has(id));
  return isMass ? { removed: confirmed, held: delta.removed } : { removed: [...confirmed, ...delta.removed], held: [] };
}
