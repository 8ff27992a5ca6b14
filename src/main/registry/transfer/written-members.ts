import type { ServerInfo } from '../../../shared/servers/server-info.ts';

/** The entry of a server, as a client's configuration file writes it. */
export interface WrittenEntry {
  readonly members: object;
  /** Members of the server that the client cannot express and would reject. */
  readonly unsaid: readonly string[];
}

/** Returns a tool list of a server; undefined if the server has no list of that kind. */
export function toolsOf(server: ServerInfo, kind: 'allow' | 'deny'): readonly string[] | undefined {
  const list = (server.tools as Readonly<Record<string, unknown>> | undefined)?.[kind];
  if (!Array.isArray(list) || (kind === 'allow' && list.includes('*'))) return undefined;
  return list.filter((name) => typeof name === 'string');
}

/** Returns a time limit of a server in milliseconds. */
export function timeoutOf(server: ServerInfo, limit: 'connect' | 'call'): number | undefined {
  const value = (server.timeouts as Readonly<Record<string, unknown>> | undefined)?.[limit];
  return typeof value === 'number' ? value : undefined;
}

/** Whether a server is enabled. */
export function isOn({ disabled, enabled }: ServerInfo): boolean {
  return disabled !== true && enabled !== false;
}

/** Returns the members that have a value. */
export function saying(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** Returns the names of the members of a server that are not in `said`. */
export function unsaidBesides(server: ServerInfo, said: readonly string[]): string[] {
  const known = ['name', 'transport', 'disabled', 'enabled', ...said];
  return Object.keys(server).filter((name) => !known.includes(name) && server[name] !== undefined);
}
