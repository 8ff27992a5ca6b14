import type { ConnectorEntry } from '../../shared/service-map.ts';
import type { StdioCommand } from './stdio-command.ts';

/** What local files say of an entry besides itself. Kept beside it: an entry of a map can then name whatever it likes, it has no command. */
const locals = new WeakMap<ConnectorEntry, StdioCommand | null>();

/** Notes that this very entry is of a local file, and what to run for it; null where it is reached by its URL. */
export function markLocal(entry: ConnectorEntry, command: StdioCommand | null): void {
  locals.set(entry, command);
}

/** What to run for an entry; null for one that is reached by its URL. */
export function commandOf(entry: ConnectorEntry): StdioCommand | null {
  return locals.get(entry) ?? null;
}

/** Where an entry is from, for people. */
export function originOf(entry: ConnectorEntry): string {
  return locals.has(entry) ? 'the configuration file' : 'the service map';
}
