import { isDeepStrictEqual } from 'node:util';
import { markLocal, type Origin } from '../connectors/connection/local-entry.ts';
import type { LocalServer } from './entry/server-entry.ts';

/**
 * The server as it is known where it says the same, so that its connection stays; else the new one, its entry marked
 * as from `origin`.
 */
export function keptOrMarked(server: LocalServer, known: LocalServer | undefined, origin: Origin): LocalServer {
  if (known !== undefined && isDeepStrictEqual([known.entry, known.command], [server.entry, server.command]))
    return known;
  markLocal(server.entry, server.command, origin);
  return server;
}
