import type { Delta } from '../../shared/map/delta.ts';

/** A map with fewer connectors may lose any number of them at once. */
const SMALLEST_GUARDED = 4;

/** What happens to connectors that a new map does not list. */
export interface RemovalVerdict {
  readonly removed: readonly string[];
  /** Connectors that are kept although they are not listed, until the next load confirms their removal. */
  readonly held: readonly string[];
}

/**
 * Decides about the removals of a new map. If more than half of at least 4 connectors vanish at once, the publisher has
 * probably lost its data, so they are held. Connectors that were held before and are missing again are removed, because
 * two loads agree.
 */
export function judgeRemovals(delta: Delta, heldBefore: readonly string[]): RemovalVerdict {
  const listedBefore = delta.removed.length + delta.changed.length + delta.unchangedCount;
  const isMass = listedBefore >= SMALLEST_GUARDED && delta.removed.length * 2 > listedBefore;
  const back = new Set(heldBefore.length === 0 ? [] : delta.added);
  const confirmed = heldBefore.filter((id) => !back.has(id));
  return isMass ? { removed: confirmed, held: delta.removed } : { removed: [...confirmed, ...delta.removed], held: [] };
}
