import type { ServerInfo } from '../../../../shared/servers/server-info.ts';
import { maskServer } from '../../../masking/mask-server.ts';
import { answerJson } from '../../terminal/json-document.ts';
import { counted, EXIT, print, printable } from '../../terminal/output.ts';
import { renderTable } from '../../terminal/render-table.ts';
import { type RegistryOptions, readServers, registryFile } from './open-registry.ts';

export interface ShowingOptions extends RegistryOptions {
  /** Whether to show secrets in clear text. */
  readonly showSecrets: boolean;
}

const WHERE_LENGTH = 80;

/** Lists the registered servers. Resolves with the exit code. */
export async function runRegistryList(options: ShowingOptions): Promise<number> {
  const path = registryFile(options);
  const servers = [...(await readServers(path)).values()].map((server) => shown(server, options));
  if (options.json) answerJson({ path, servers });
  else if (servers.length === 0) print(`There are no servers in ${printable(path)}\n`);
  else {
    print(renderTable(['server', 'transport', 'where', 'variables and headers'], servers.map(rowOf)));
    print(`\n${counted(servers.length, 'server')}\n`);
  }
  return EXIT.ok;
}

/** Returns a server for display. Its secrets are masked, except with `showSecrets`. */
export function shown(server: ServerInfo, { showSecrets }: Pick<ShowingOptions, 'showSecrets'>): ServerInfo {
  return showSecrets ? server : maskServer(server);
}

function rowOf({ name, transport, command, args, endpoint, env, headers, disabled }: ServerInfo): string[] {
  const where = transport === 'stdio' ? [command ?? '', ...(args ?? [])].join(' ') : (endpoint ?? '');
  const cut = where.length <= WHERE_LENGTH ? where : `${where.slice(0, WHERE_LENGTH - 1)}…`;
  const names = Object.keys({ ...env, ...headers }).join(', ');
  return [name, `${transport}${disabled === true ? ' (disabled)' : ''}`, cut, names];
}
