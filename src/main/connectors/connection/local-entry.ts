import type { ConnectorEntry } from '../../../shared/map/service-map.ts';

/** The command of a stdio server. Never passed to a shell. */
export interface StdioCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Set in addition to the few variables that every stdio server gets. May hold secrets. */
  readonly env: Readonly<Record<string, string>>;
  /** The working directory; null for that of this process. */
  readonly cwd: string | null;
}

/** The origin of an entry that does not come from a map, as messages name it. */
export type Origin = 'the configuration file' | 'the registry' | 'the command line';

/** The data that is kept separately from a local entry. */
interface Local {
  readonly command: StdioCommand | null;
  readonly origin: Origin;
  readonly clientSecret: string | null;
}

/**
 * The command, the client secret and the origin of each local entry. All three are kept apart from the entry, so that
 * an entry of a map has neither a command nor a secret, whatever the map contains. Output that shows entries then shows
 * no secret either.
 */
const locals = new WeakMap<ConnectorEntry, Local>();

/**
 * Marks an entry as local. `command` is the command to run for it; null if it is reached by its URL. `clientSecret` is
 * the secret for its login, if the file holds one.
 */
export function markLocal(
  entry: ConnectorEntry,
  command: StdioCommand | null,
  origin: Origin,
  clientSecret: string | null = null,
): void {
  locals.set(entry, { command, origin, clientSecret });
}

/** Whether the user of this machine wrote the entry, in a file or the registry; a map is written by somebody else. */
export function isLocal(entry: ConnectorEntry): boolean {
  return locals.has(entry);
}

/** Returns the command to run for an entry; null for an entry that is reached by its URL. */
export function commandOf(entry: ConnectorEntry): StdioCommand | null {
  return locals.get(entry)?.command ?? null;
}

/**
 * Returns the client secret that a local file or the registry holds for the login of an entry; null without a secret.
 */
export function loginSecretOf(entry: ConnectorEntry): string | null {
  return locals.get(entry)?.clientSecret ?? null;
}

/** Returns the origin of an entry, as messages name it. */
export function originOf(entry: ConnectorEntry): string {
  return locals.get(entry)?.origin ?? 'the service map';
}
