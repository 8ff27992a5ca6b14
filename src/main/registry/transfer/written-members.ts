import type { ServerInfo } from '../../../shared/servers/server-info.ts';

/** A server in a client's words. */
export interface WrittenEntry {
  readonly members: object;
  /** Members of the server that the client has no words for, and would refuse. */
  readonly unsaid: readonly string[];
}

/** A tool list or a time limit of a server; undefined where it has none of that kind. */
export function toolsOf(server: ServerInfo, kind: 'allow' | 'deny'): readonly string[] | undefined {
  const list = (server.tools as Readonly<Record<string, unknown>> | undefined)?.[kind];
  if (!Array.isArray(list) || (kind === 'allow' && list.includes('*'))) return undefined;
  return list.filter((name) => typeof name === 'string');
}

/** A limit in milliseconds. */
export function timeoutOf(server: ServerInfo, limit: 'connect' | 'call'): number | undefined {
  const value = (server.timeouts as Readonly<Record<string, unknown>> | undefined)?.[limit];
  return typeof value === 'number' ? value : undefined;
}

/** Whether a server is switched on. */
export function isOn({ disabled, enabled }: ServerInfo): boolean {
  return disabled !== true && enabled !== false;
}

/** The members of `members` that say something. */
export function saying(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** The members of a server besides these. */
export function unsaidBesides(server: ServerInfo, said: readonly string[]): string[] {
  const known = ['name', 'transport', 'disabled', 'enabled', ...said];
  return Object.keys(server).filter((name) => !known.includes(name) && server[name] !== undefined);
}
