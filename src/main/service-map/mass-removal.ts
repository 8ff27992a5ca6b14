import type { Delta } from '../../shared/map/delta.ts';

/**
 * The lowest number of connectors for which mass removals are detected. A smaller map may lose all of its connectors.
 */
const SMALLEST_GUARDED = 4;

/** What happens to connectors that a new map does not list. */
export interface RemovalVerdict {
  readonly removed: readonly string[];
  /** Connectors that are kept although they are not listed, until the next load confirms their removal. */
  readonly held: readonly string[];
}

/**
 * Decides which connectors a new map removes. If more than half of at least 4 connectors vanish, the publisher has
 * probably lost data, so all of them are kept. Connectors that were kept before and are missing again are removed,
 * because two loads agree.
 */
export function judgeRemovals(delta: Delta, heldBefore: readonly string[]): RemovalVerdict {
  const listedBefore = delta.removed.length + delta.changed.length + delta.unchangedCount;
  const isMass = listedBefore >= SMALLEST_GUARDED && delta.removed.length * 2 > listedBefore;
  const back = new Set(heldBefore.length === 0 ? [] : delta.added);
  const confirmed = heldBefore.filter((id) => !back.has(id));
  return isMass ? { removed: confirmed, held: delta.removed } : { removed: [...confirmed, ...delta.removed], held: [] };
}
