import { dirname } from 'node:path';
import type { ServerInfo } from '../../../../shared/servers/server-info.ts';
import { readRegistered } from '../../../registry/registered-server.ts';

/** What would keep a server from being a connector here and now. Names variables, never what they hold. */
export function bringUpRemarks(server: ServerInfo, path: string): string[] {
  const read = readRegistered(server, { env: process.env, folder: dirname(path) });
  if (read.kind === 'server') return [];
  return read.problems.map(({ message }) => message.replace(' The server is left out.', ''));
}
