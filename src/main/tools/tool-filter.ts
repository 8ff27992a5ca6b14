import type { ConnectorEntry } from '../../shared/map/service-map.ts';
import { isLocal } from '../connectors/connection/local-entry.ts';

/**
 * Returns the tools that an entry shows: those in its `tools.allow`, except those in its `tools.deny`. `*` stands for
 * all tools. Only entries of a local file or the registry can filter tools; entries of a map cannot.
 */
export function shownTools<Tool extends { readonly name: string }>(
  entry: ConnectorEntry,
  tools: readonly Tool[],
): readonly Tool[] {
  const { tools: lists } = entry;
  if (!isLocal(entry) || typeof lists !== 'object' || lists === null) return tools;
  const { allow, deny } = lists as { readonly allow?: unknown; readonly deny?: unknown };
  return tools.filter(({ name }) => (allow === undefined || names(allow, name)) && !names(deny, name));
}

function names(list: unknown, name: string): boolean {
  return Array.isArray(list) && (list.includes(name) || list.includes('*'));
}
