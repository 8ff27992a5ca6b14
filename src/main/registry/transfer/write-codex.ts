import type { ServerInfo } from '../../../shared/servers/server-info.ts';
import { loginForCodex } from './written-login.ts';
import { isOn, saying, timeoutOf, toolsOf, unsaidBesides, type WrittenEntry } from './written-members.ts';
import { variableAlone } from './written-variables.ts';

/**
 * Returns the entry for a server in the format of Codex; null for SSE and `ws`, which Codex does not support. Codex
 * does not replace variables in strings. Instead, it has separate members for values that consist of one variable.
 */
export function writeCodex(server: ServerInfo): WrittenEntry | null {
  const { transport, command, args, cwd, endpoint } = server;
  if (transport === 'ws' || transport === 'sse') return null;
  const reached =
    transport === 'stdio' ? { command, args, ...environment(server), cwd } : { url: endpoint, ...headersOf(server) };
  const login = loginForCodex(server);
  const members = {
    ...reached,
    ...login.members,
    enabled: isOn(server) ? undefined : false,
    startup_timeout_sec: seconds(timeoutOf(server, 'connect')),
    tool_timeout_sec: seconds(timeoutOf(server, 'call')),
    enabled_tools: toolsOf(server, 'allow'),
    disabled_tools: toolsOf(server, 'deny'),
  };
  const said = [
    'command',
    'args',
    'env',
    'cwd',
    'endpoint',
    'headers',
    'timeouts',
    'tools',
    ...(login.isAll ? ['oauth'] : []),
  ];
  return { members: saying(members), unsaid: unsaidBesides(server, said) };
}

function environment({ env = {} }: ServerInfo): object {
  const passed = Object.entries(env).filter(([name, text]) => variableAlone(text) === name);
  const own = Object.entries(env).filter(([name, text]) => variableAlone(text) !== name);
  return saying({
    env: own.length > 0 ? Object.fromEntries(own) : undefined,
    env_vars: passed.length > 0 ? passed.map(([name]) => name) : undefined,
  });
}

function headersOf({ headers = {} }: ServerInfo): object {
  const bearer = Object.entries(headers).find(
    ([name, text]) => name.toLowerCase() === 'authorization' && variableAlone(text, 'Bearer ') !== null,
  );
  const others = Object.entries(headers).filter(([name]) => name !== bearer?.[0]);
  const variables = others.flatMap(([name, text]) => {
    const variable = variableAlone(text);
    return variable === null ? [] : [[name, variable] as const];
  });
  const texts = others.filter(([, text]) => variableAlone(text) === null);
  return saying({
    bearer_token_env_var: bearer === undefined ? undefined : variableAlone(bearer[1], 'Bearer '),
    http_headers: texts.length > 0 ? Object.fromEntries(texts) : undefined,
    env_http_headers: variables.length > 0 ? Object.fromEntries(variables) : undefined,
  });
}

function seconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1_000;
}
