import type { ServerInfo } from '../../../shared/servers/server-info.ts';

/** A server's entry, in the form in which it is written into a client's configuration file. */
export interface WrittenEntry {
  readonly members: object;
  /** Names of the server's members that are not in `members`, because the client does not support them. */
  readonly unsaid: readonly string[];
}

/**
 * Returns a server's list of allowed tools or of denied tools. Undefined if the server has no such list, or if the list
 * allows all tools (`*`).
 */
export function toolsOf(server: ServerInfo, kind: 'allow' | 'deny'): readonly string[] | undefined {
  const list = (server.tools as Readonly<Record<string, unknown>> | undefined)?.[kind];
  if (!Array.isArray(list) || (kind === 'allow' && list.includes('*'))) return undefined;
  return list.filter((name) => typeof name === 'string');
}

/** Returns a server's time limit for connecting or for a call, in milliseconds; undefined if it sets no such limit. */
export function timeoutOf(server: ServerInfo, limit: 'connect' | 'call'): number | undefined {
  const value = (server.timeouts as Readonly<Record<string, unknown>> | undefined)?.[limit];
  return typeof value === 'number' ? value : undefined;
}

/** Whether a server is enabled. */
export function isOn({ disabled, enabled }: ServerInfo): boolean {
  return disabled !== true && enabled !== false;
}

/** Returns a copy of an object, without the members whose value is undefined. */
export function saying(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/**
 * Returns the names of a server's members that were not written. `said` lists the members that were written. `name`,
 * `transport`, `disabled` and `enabled` are never returned.
 */
export function unsaidBesides(server: ServerInfo, said: readonly string[]): string[] {
  const known = ['name', 'transport', 'disabled', 'enabled', ...said];
  return Object.keys(server).filter((name) => !known.includes(name) && server[name] !== undefined);
}
