import type { ServerInfo } from '../../../shared/servers/server-info.ts';
import { wantsLogin } from './written-login.ts';
import { isOn, saying, timeoutOf, toolsOf, unsaidBesides, type WrittenEntry } from './written-members.ts';
import { variableAlone } from './written-variables.ts';

/**
 * Returns the entry for a server in the format of Goose; null for `ws`. If a variable is passed to the stdio server
 * under its own name, it is listed in `env_keys`.
 */
export function writeGoose(server: ServerInfo): WrittenEntry | null {
  const { name, transport, command, args = [], env = {}, endpoint, headers, description } = server;
  if (transport === 'ws') return null;
  const call = timeoutOf(server, 'call');
  const keys = Object.entries(env).flatMap(([key, text]) => (variableAlone(text) === key ? [key] : []));
  const envs = Object.fromEntries(Object.entries(env).filter(([key]) => !keys.includes(key)));
  const reached =
    transport === 'stdio'
      ? { type: 'stdio', cmd: command, args, envs, env_keys: keys }
      : { type: transport === 'sse' ? 'sse' : 'streamable_http', uri: endpoint, headers };
  const members = {
    enabled: isOn(server),
    name,
    description: description ?? '',
    ...reached,
    timeout: call === undefined ? undefined : Math.ceil(call / 1_000),
    available_tools: toolsOf(server, 'allow'),
  };
  const said = [
    'command',
    'args',
    'env',
    'endpoint',
    'headers',
    'description',
    ...(wantsLogin(server) ? [] : ['oauth']),
  ];
  const isAllSaid = toolsOf(server, 'deny') === undefined && timeoutOf(server, 'connect') === undefined;
  return {
    members: saying(members),
    unsaid: unsaidBesides(server, isAllSaid ? [...said, 'tools', 'timeouts'] : said),
  };
}
