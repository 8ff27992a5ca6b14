import type { Delta } from '../../shared/map/delta.ts';
import type { UnusableEntry } from '../../shared/map/entry-fault.ts';
import type { Logger } from '../observability/logger.ts';

/**
 * Maximum number of unusable entries that the log, or `status()`, lists with their ids. The others are only counted.
 */
const MAX_LOGGED = 20;
const MAX_SHOWN = 100;

/** The entries that are left out, by id, with the reasons. */
export type UnusableEntries = ReadonlyMap<string, string>;

/** Returns what `status()` shows: the first 100 entries, and the number of all entries. */
export function shownUnusable(unusable: UnusableEntries): {
  readonly unusableEntries: readonly UnusableEntry[];
  readonly unusableEntryCount: number;
} {
  const shown = [...unusable].slice(0, MAX_SHOWN);
  return { unusableEntries: shown.map(([id, reason]) => ({ id, reason })), unusableEntryCount: unusable.size };
}

/**
 * Converts a delta for code that only sees usable entries. For example, an entry that became unusable is reported as
 * removed.
 */
export function usableDelta(delta: Delta, before: UnusableEntries, after: UnusableEntries): Delta {
  if (before.size === 0 && after.size === 0) return delta;
  const added = delta.added.filter((id) => !after.has(id));
  const back = delta.changed.filter((id) => before.has(id) && !after.has(id));
  const lost = delta.changed.filter((id) => !before.has(id) && after.has(id));
  return {
    added: [...added, ...back],
    changed: delta.changed.filter((id) => !before.has(id) && !after.has(id)),
    removed: [...delta.removed.filter((id) => !before.has(id)), ...lost],
    unchangedCount: delta.unchangedCount,
  };
}

/** Logs each entry that is left out for a new reason. Returns whether there was such an entry. */
export function reportUnusable(logger: Logger, before: UnusableEntries, after: UnusableEntries): boolean {
  const news = [...after].filter(([id, reason]) => before.get(id) !== reason);
  for (const [id, reason] of news.slice(0, MAX_LOGGED))
    logger.warn(
      { event: 'map-entry-unusable', code: 'MAP_ENTRY_UNUSABLE', connectorId: id },
      `Connector ${id} of the service map is left out: ${reason}`,
    );
  if (news.length > MAX_LOGGED)
    logger.warn(
      { event: 'map-entry-unusable', code: 'MAP_ENTRY_UNUSABLE', connectors: news.length - MAX_LOGGED },
      `${news.length - MAX_LOGGED} more connectors of the service map are left out`,
    );
  return news.length > 0;
}
