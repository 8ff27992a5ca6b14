import { basename } from 'node:path';
import { headerNameFault, headerValueFault } from '../../local-config/entry/header-rules.ts';
import { serverId } from '../../local-config/entry/server-id.ts';
import { expandVariables } from '../../local-config/entry/variables.ts';
import type { GivenServer } from '../../options/manager-options.ts';
import { isAddress } from '../flags/is-address.ts';
import { misuse, requiredVariable } from '../flags/option-values.ts';
import type { SourceOptions } from '../source-options.ts';

/** Options for a server that the command line itself names, by a URL or by a command after `--`. */
export interface AdHocOptions {
  /** Values of `--header`, in the form `Name: value`. */
  readonly header?: readonly string[];
  readonly bearerEnv?: string;
  /** The command and its arguments after `--`. */
  readonly program?: readonly string[];
}

/** Commands that run another program. The id of the server is then derived from that program. */
const RUNNERS: ReadonlySet<string> = new Set([
  ...['npx', 'npm', 'exec', 'pnpm', 'dlx', 'yarn', 'bunx', 'bun', 'x', 'uvx', 'uv', 'run', 'pipx'],
  ...['node', 'deno', 'python', 'python3', 'sh', 'bash', 'env', 'tool', 'tsx'],
]);

/** Parts of a path that are too common to serve as the id of a server. */
const PLAIN_PARTS = /^(?:|\.{1,2}|dist|build|out|lib|src|bin|(?:index|main|server|cli)\.[cm]?[jt]s)$/;

/**
 * Returns the server at the URL `address`, or the stdio server whose command follows `--`. Returns null if the command
 * line names no server. A stdio server runs with the user's environment, in the user's current folder, as if the user
 * had started it from a shell. Throws OPTIONS_INVALID.
 */
export function adHocServer(address: string | undefined, options: AdHocOptions): GivenServer | null {
  const { program, header, bearerEnv } = options;
  if (program !== undefined && isAddress(address)) throw misuse('Give a URL, or a command after --, not both');
  if (isAddress(address)) return { id: idOfAddress(address), url: urlOf(address), headers: headersOf(options) };
  if (header !== undefined || bearerEnv !== undefined)
    throw misuse(`${header === undefined ? '--bearer-env' : '--header'} needs the URL of a server`);
  if (program === undefined) return null;
  const [command, ...args] = program;
  if (command === undefined || command === '') throw misuse('The command after -- is missing');
  return { id: idOfProgram(program), program: { command, args, env: ownEnvironment(), cwd: null } };
}

/**
 * If `connector` is a URL, returns options for the server at that URL, and the generated id of the server. Otherwise,
 * returns the arguments unchanged.
 */
export function withTypedServer<T extends SourceOptions>(
  connector: string | undefined,
  options: T,
): readonly [id: string | undefined, options: T] {
  const server = isAddress(connector) ? adHocServer(connector, {}) : null;
  return server === null ? [connector, options] : [server.id, { ...options, adHoc: server }];
}

function urlOf(address: string): string {
  if (!URL.canParse(address)) throw misuse(`${address} is not a URL`);
  const url = new URL(address);
  if (url.username !== '' || url.password !== '')
    throw misuse('A URL must not contain credentials: give --bearer-env NAME, or --header with a variable');
  return url.href;
}

function headersOf({ header = [], bearerEnv }: AdHocOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of header) {
    const [, name = '', written = ''] = /^([^:]+?)\s*:\s*(.*)$/s.exec(line) ?? [];
    const expansion = expandVariables(written, { env: process.env, folder: process.cwd() });
    if (expansion.kind === 'impossible') throw misuse(`--header ${name}: its value ${expansion.why}`);
    const fault = name === '' ? "must be written as 'Name: value'" : headerNameFault(name);
    if (fault !== null) throw misuse(`--header ${name === '' ? '' : `${name}: `}${fault}`);
    const valueFault = headerValueFault(expansion.text);
    if (valueFault !== null) throw misuse(`--header ${name}: its value ${valueFault}`);
    headers[name] = expansion.text;
  }
  if (bearerEnv === undefined) return headers;
  if (Object.keys(headers).some((name) => name.toLowerCase() === 'authorization'))
    throw misuse('--bearer-env and --header both set Authorization');
  return { ...headers, Authorization: `Bearer ${requiredVariable(bearerEnv, '--bearer-env')}` };
}

function ownEnvironment(): Record<string, string> {
  const known = Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return Object.fromEntries(known);
}

/**
 * Returns an id such as `mcp.example.com-mcp` for a URL. A URL always gets the same id. URLs with different paths get
 * different ids.
 */
function idOfAddress(address: string): string {
  const { host, pathname, search } = URL.parse(address) ?? { host: address, pathname: '', search: '' };
  const path = `${pathname}${search}`.replace(/^\/(?:mcp\/?)?$/, '');
  return serverId(`${host}${path}`.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/-+$/, ''));
}

/**
 * Returns an id for a stdio server: the name of the package or file that its command runs, or of the command itself.
 */
function idOfProgram(program: readonly string[]): string {
  const words = program.filter((word) => !word.startsWith('-')).map(nameOf);
  const name = words.find((word) => !RUNNERS.has(word)) ?? words[0] ?? 'program';
  return serverId(name);
}

function nameOf(word: string): string {
  // The name is the last part of a path or package name, without a version such as `@1.2.3` and without a file
  // extension.
  const parts = word.split(/[\\/]/).filter((part) => !PLAIN_PARTS.test(part));
  const last = parts.at(-1) ?? basename(word);
  return last.replace(/(?<=.)@[^@]*$/, '').replace(/\.(?:[cm]?[jt]s|py|exe|cmd)$/, '');
}
