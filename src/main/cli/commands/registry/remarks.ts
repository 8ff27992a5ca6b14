import { dirname } from 'node:path';
import type { ServerInfo } from '../../../../shared/servers/server-info.ts';
import { readRegistered } from '../../../registry/registered-server.ts';

/**
 * Returns what would prevent a server from being brought up on this machine now. Names variables, never their values.
 */
export function bringUpRemarks(server: ServerInfo, path: string): string[] {
  const read = readRegistered(server, { env: process.env, folder: dirname(path) });
  if (read.kind === 'server') return [];
  return read.problems.map(({ message }) => message.replace(' The server is left out.', ''));
}
