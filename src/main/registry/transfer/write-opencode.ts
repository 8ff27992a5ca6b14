import type { ServerInfo } from '../../../shared/servers/server-info.ts';
import { loginForOpenCode } from './written-login.ts';
import { isOn, saying, timeoutOf, unsaidBesides, type WrittenEntry } from './written-members.ts';
import { inBracesOfOpenCode } from './written-variables.ts';

/**
 * Returns the entry for a server in the format of OpenCode; null for `ws`. An entry has a list with the command and its
 * arguments, or a URL. The only time limit of OpenCode is for connecting.
 */
export function writeOpenCode(server: ServerInfo): WrittenEntry | null {
  const { transport, command, args = [], env, endpoint, headers } = server;
  if (transport === 'ws') return null;
  const reached =
    transport === 'stdio'
      ? { type: 'local', command: [command, ...args], environment: env }
      : { type: 'remote', url: endpoint, headers };
  const login = loginForOpenCode(server);
  const members = { ...reached, ...login.members, enabled: isOn(server), timeout: timeoutOf(server, 'connect') };
  const said = [
    'command',
    'args',
    'env',
    'endpoint',
    'headers',
    ...(isConnectAlone(server) ? ['timeouts'] : []),
    ...(login.isAll ? ['oauth'] : []),
  ];
  return { members: inBracesOfOpenCode(saying(members)), unsaid: unsaidBesides(server, said) };
}

function isConnectAlone(server: ServerInfo): boolean {
  return Object.keys((server.timeouts ?? {}) as object).every((limit) => limit === 'connect');
}
