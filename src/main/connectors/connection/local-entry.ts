import type { ConnectorEntry } from '../../../shared/map/service-map.ts';

/** The command of a stdio server. Never passed to a shell. */
export interface StdioCommand {
  readonly command: string;
  readonly args: readonly string[];
  /**
   * Environment variables that are set in addition to the few that every stdio server gets. Their values may be
   * secrets.
   */
  readonly env: Readonly<Record<string, string>>;
  /** The working directory; null for that of this process. */
  readonly cwd: string | null;
}

/** The origin of an entry that does not come from a map, in the words that messages use. */
export type Origin = 'the configuration file' | 'the registry' | 'the command line';

/** Data about a local entry, which is kept apart from the entry itself. */
interface Local {
  readonly command: StdioCommand | null;
  readonly origin: Origin;
  readonly clientSecret: string | null;
}

/**
 * The command, the client secret and the origin of each local entry. They are kept apart from the entry. An entry of a
 * map therefore has neither a command nor a secret, whatever the map contains, and output of entries shows no secret.
 */
const locals = new WeakMap<ConnectorEntry, Local>();

/**
 * Marks an entry as local. `command` is the command to run; null if the entry has a URL instead. `clientSecret` is the
 * secret for the login of the entry, if the file holds one.
 */
export function markLocal(
  entry: ConnectorEntry,
  command: StdioCommand | null,
  origin: Origin,
  clientSecret: string | null = null,
): void {
  locals.set(entry, { command, origin, clientSecret });
}

/** Whether the user of this machine wrote the entry, in a file or the registry. A map is written by somebody else. */
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

/** Returns the origin of an entry, in the words that messages use. */
export function originOf(entry: ConnectorEntry): string {
  return locals.get(entry)?.origin ?? 'the service map';
}
