import { dirname, resolve } from 'node:path';
import { SwitchyardError } from '../../../../shared/errors.ts';
import { type ServerInfo, serverInfoFault } from '../../../../shared/servers/server-info.ts';
import { readRegistered } from '../../../registry/registered-server.ts';
import { misuse } from '../../flags/option-values.ts';
import { answerJson } from '../../terminal/json-document.ts';
import { EXIT, print, printable, say } from '../../terminal/output.ts';
import { ownCommand } from '../../terminal/own-command.ts';
import { shown } from './list.ts';
import { type RegistryOptions, registryFile, withRegistry } from './open-registry.ts';
import { bringUpRemarks } from './remarks.ts';

export interface AddOptions extends RegistryOptions {
  readonly transport?: ServerInfo['transport'];
  readonly endpoint?: string;
  readonly header?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /**
   * Id of an OAuth client that a person registered with the issuer. `clientSecretEnv` is the name of the variable that
   * contains the client secret.
   */
  readonly clientId?: string;
  readonly clientSecretEnv?: string;
  /** The OAuth scopes to request, separated by spaces. */
  readonly scope?: string;
  /** Whether to replace a server of the same name. */
  readonly replace: boolean;
}

/**
 * Registers a server, or changes it with `replace`. `target` is the URL of the server, or a command and its arguments.
 * Resolves with the exit code.
 */
export async function runRegistryAdd(name: string, target: readonly string[], options: AddOptions): Promise<number> {
  const path = registryFile(options);
  const server = serverOf(name, target, options);
  assertUsable(server, path);
  const [done] = await withRegistry(path, async ({ writer, save }) => {
    const mode = { isReplacing: options.replace, isDryRun: false };
    const outcomes = await writer.ask((api) => api.mergeServers([server], mode));
    await save();
    return outcomes;
  });
  if (done?.outcome === 'exists')
    throw new SwitchyardError('SERVER_EXISTS', `There is another server "${printable(name)}" in the registry.`);
  const remarks = bringUpRemarks(server, path);
  if (options.json)
    answerJson({ path, outcome: done?.outcome, server: shown(server, { showSecrets: false }), remarks });
  else print(`${done?.outcome} ${printable(name)} (${server.transport})\n`);
  for (const remark of remarks) say(printable(remark));
  const own = options.registryPath === undefined ? ['--registry'] : ['--registry-path', options.registryPath];
  if (!options.json) say(`To use it: ${ownCommand('tools', ...own)}`);
  return EXIT.ok;
}

function serverOf(name: string, target: readonly string[], options: AddOptions): ServerInfo {
  const [first] = target;
  const isAddress = target.length === 1 && first !== undefined && /^(?:https?|wss?):\/\//i.test(first);
  if (options.endpoint !== undefined && target.length > 0)
    throw misuse('Give --endpoint URL or a command after --, not both');
  const endpoint = options.endpoint ?? (isAddress ? first : undefined);
  const env = options.env === undefined ? {} : { env: options.env };
  const headers = options.header === undefined ? {} : { headers: options.header };
  if (endpoint !== undefined) {
    if (options.transport === 'stdio') throw misuse('--transport stdio needs a command after --, not a URL');
    if ('env' in env || options.cwd !== undefined)
      throw misuse('--env and --cwd can be used only for a server with a command, not for a URL');
    const inferred = /^wss?:/i.test(endpoint) ? 'ws' : 'streamableHttp';
    return { name, transport: options.transport ?? inferred, endpoint, ...headers, ...loginOf(options) };
  }
  if (first === undefined) throw misuse('Name the server to register: a URL, or -- COMMAND ARGS…');
  if (options.transport !== undefined && options.transport !== 'stdio')
    throw misuse(`--transport ${options.transport} can be used only for a server with a URL, not for a command`);
  if ('headers' in headers) throw misuse('--header can be used only for a server with a URL, not for a command');
  if ('oauth' in loginOf(options))
    throw misuse('--client-id, --client-secret-env and --scope need a URL, not a command');
  const args = target.slice(1);
  const cwd = options.cwd === undefined ? {} : { cwd: resolve(options.cwd) };
  return { name, transport: 'stdio', command: first, ...(args.length > 0 && { args }), ...env, ...cwd };
}

function loginOf({ clientId, clientSecretEnv, scope }: AddOptions): { readonly oauth?: object } {
  const oauth = {
    ...(clientId !== undefined && { clientId }),
    ...(clientSecretEnv !== undefined && { clientSecretEnv }),
    ...(scope !== undefined && { scopes: scope.split(/ +/) }),
  };
  return Object.keys(oauth).length === 0 ? {} : { oauth };
}

/**
 * Throws OPTIONS_INVALID or SECRET_MASKED for an invalid server. Variables are not checked, because they are read only
 * when the server is started. The settings of `ws` servers are not checked, because only other programs can use them.
 */
function assertUsable(server: ServerInfo, path: string): void {
  const fault = serverInfoFault(server);
  if (fault !== null) throw misuse(`The registry cannot store this server: ${fault}`);
  if (server.transport === 'ws') return;
  const read = readRegistered(server, { env: null, folder: dirname(path) });
  if (read.kind === 'server') return;
  const [problem] = read.problems;
  const message = (problem?.message ?? '').replace(' The server is left out.', '');
  if (problem?.code === 'SECRET_MASKED') throw new SwitchyardError('SECRET_MASKED', message);
  throw misuse(message);
}
