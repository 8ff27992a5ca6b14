import type { ConnectorEntry } from '../../../shared/map/service-map.ts';

/** What to run for a stdio server. Never passed to a shell. */
export interface StdioCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Set in addition to the few variables that every program gets. May hold secrets. */
  readonly env: Readonly<Record<string, string>>;
  /** The working directory; null for the one of this process. */
  readonly cwd: string | null;
}

/** Where an entry comes from, if not from a map; for people. */
export type Origin = 'the configuration file' | 'the registry' | 'the command line';

/** What is kept beside an entry of this machine. */
interface Local {
  readonly command: StdioCommand | null;
  readonly origin: Origin;
  readonly clientSecret: string | null;
}

/**
 * The command, the client secret and the origin of an entry of this machine. They are kept beside the entry, so that an
 * entry of a map has no command and no secret, whatever it says, and no output that shows entries shows a secret.
 */
const locals = new WeakMap<ConnectorEntry, Local>();

/**
 * Marks an entry as one of this machine. `command` is what to run for it; null where it is reached by its URL.
 * `clientSecret` is that of its login, where the file holds one.
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

/** The command to run for an entry; null for one that is reached by its URL. */
export function commandOf(entry: ConnectorEntry): StdioCommand | null {
  return locals.get(entry)?.command ?? null;
}

/** The client secret that a local file or the registry holds for the login of an entry; null without one. */
export function loginSecretOf(entry: ConnectorEntry): string | null {
  return locals.get(entry)?.clientSecret ?? null;
}

/** Where an entry comes from; for people. */
export function originOf(entry: ConnectorEntry): string {
  return locals.get(entry)?.origin ?? 'the service map';
}
