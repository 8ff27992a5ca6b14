import type { ServerInfo } from '../../../shared/servers/server-info.ts';

/** The entry for a server in the configuration file of a client. */
export interface WrittenEntry {
  readonly members: object;
  /** Names of the server's members that are not written, because the client does not support them. */
  readonly unsaid: readonly string[];
}

/**
 * Returns the list of allowed or denied tools of a server; undefined if the server has no such list, or allows all
 * tools.
 */
export function toolsOf(server: ServerInfo, kind: 'allow' | 'deny'): readonly string[] | undefined {
  const list = (server.tools as Readonly<Record<string, unknown>> | undefined)?.[kind];
  if (!Array.isArray(list) || (kind === 'allow' && list.includes('*'))) return undefined;
  return list.filter((name) => typeof name === 'string');
}

/** Returns a time limit of a server in milliseconds; undefined if the server has no such limit. */
export function timeoutOf(server: ServerInfo, limit: 'connect' | 'call'): number | undefined {
  const value = (server.timeouts as Readonly<Record<string, unknown>> | undefined)?.[limit];
  return typeof value === 'number' ? value : undefined;
}

/** Whether a server is enabled. */
export function isOn({ disabled, enabled }: ServerInfo): boolean {
  return disabled !== true && enabled !== false;
}

/** Returns a copy of an object without the members that are undefined. */
export function saying(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** Returns the names of a server's members that are not in `said`, which lists the members that were written. */
export function unsaidBesides(server: ServerInfo, said: readonly string[]): string[] {
  const known = ['name', 'transport', 'disabled', 'enabled', ...said];
  return Object.keys(server).filter((name) => !known.includes(name) && server[name] !== undefined);
}
