import { isDeepStrictEqual } from 'node:util';
import { markLocal, type Origin } from '../connectors/connection/local-entry.ts';
import type { LocalServer } from './entry/server-entry.ts';

/**
 * If a server is the same as `known`, returns it with the entry and command objects of `known`, so that its connection
 * is kept. Otherwise marks the entry of the server as coming from `origin`, and returns the server.
 */
export function keptOrMarked(server: LocalServer, known: LocalServer | undefined, origin: Origin): LocalServer {
  if (known !== undefined && isDeepStrictEqual(saidBy(known), saidBy(server)))
    return { ...server, entry: known.entry, command: known.command };
  markLocal(server.entry, server.command, origin, server.login.clientSecret);
  return server;
}

function saidBy({ entry, command, login }: LocalServer): unknown {
  return [entry, command, login.clientSecret];
}
