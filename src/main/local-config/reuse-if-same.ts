import { isDeepStrictEqual } from 'node:util';
import { markLocal, type Origin } from '../connectors/connection/local-entry.ts';
import type { LocalServer } from './entry/server-entry.ts';

/**
 * The server with the entry that is known already where it says the same, so that its connection stays; else as it is,
 * its entry marked as from `origin`.
 */
export function keptOrMarked(server: LocalServer, known: LocalServer | undefined, origin: Origin): LocalServer {
  if (known !== undefined && isDeepStrictEqual([known.entry, known.command], [server.entry, server.command]))
    return { ...server, entry: known.entry, command: known.command };
  markLocal(server.entry, server.command, origin);
  return server;
}
