import { dirname } from 'node:path';
import type { ServerInfo } from '../../../../shared/servers/server-info.ts';
import { readRegistered } from '../../../registry/registered-server.ts';

/**
 * Returns the problems that would prevent a server from starting on this machine, such as missing variables. Mentions
 * only the names of variables, not their values.
 */
export function bringUpRemarks(server: ServerInfo, path: string): string[] {
  const read = readRegistered(server, { env: process.env, folder: dirname(path) });
  if (read.kind === 'server') return [];
  return read.problems.map(({ message }) => message.replace(' The server is left out.', ''));
}
