import type { ConnectorEntry } from '../../../shared/map/service-map.ts';
import type { StdioCommand } from './stdio-command.ts';

/** Where entries besides those of a map are from, as people are told. */
export type Origin = 'the configuration file' | 'the registry';

/** What is known of an entry of this machine besides itself. Kept beside it: an entry of a map can then name whatever it likes, it has no command. */
const locals = new WeakMap<ConnectorEntry, { readonly command: StdioCommand | null; readonly origin: Origin }>();

/** Notes that this very entry is from there, and what to run for it; null where it is reached by its URL. */
export function markLocal(entry: ConnectorEntry, command: StdioCommand | null, origin: Origin): void {
  locals.set(entry, { command, origin });
}

/** Whether whoever runs this host wrote the entry, in a file or the registry; a map's is the word of somebody else. */
export function isLocal(entry: ConnectorEntry): boolean {
  return locals.has(entry);
}

/** What to run for an entry; null for one that is reached by its URL. */
export function commandOf(entry: ConnectorEntry): StdioCommand | null {
  return locals.get(entry)?.command ?? null;
}

/** Where an entry is from, for people. */
export function originOf(entry: ConnectorEntry): string {
  return locals.get(entry)?.origin ?? 'the service map';
}
