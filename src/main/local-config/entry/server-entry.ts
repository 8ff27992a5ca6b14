import { resolve } from 'node:path';
import {
  type ConnectorEntry,
  isHttpEndpoint,
  normalizeEntry,
  type TransportPolicy,
} from '../../../shared/map/service-map.ts';
import type { StdioCommand } from '../../connectors/connection/local-entry.ts';
import type { ConfigProblems } from '../config-problem.ts';
import type { Position } from '../document/config-document.ts';
import { membersOf } from '../document/config-node.ts';
import { EntryDraft, type ServerNode } from './entry-draft.ts';
import { EntryReader } from './entry-reader.ts';
import { headerNameFault, headerValueFault } from './header-rules.ts';
import { type LocalLogin, NO_LOGIN, readLogin } from './login-reader.ts';
import { takeLogin } from './login-words.ts';
import { warnOfWhatIsNotDone } from './not-done.ts';
import { serverId } from './server-id.ts';
import { looksLikeCommandLine } from './shell-words.ts';
import { isShell } from './text-remarks.ts';
import type { VariableScope } from './variables.ts';

/**
 * A server from a configuration file: its entry, as in a service map, and the command that starts it if it is a stdio
 * server.
 */
export interface LocalServer extends Position {
  /** Entry of the server. The endpoint of a stdio server is `stdio:<id>`. */
  readonly entry: ConnectorEntry;
  /** Command of a stdio server; null if the server is reached by its URL. */
  readonly command: StdioCommand | null;
  readonly login: LocalLogin;
  /**
   * Absolute path of a file with environment variables for the stdio server. The file has not been read yet. Null if
   * the entry specifies no such file.
   */
  readonly envFile: string | null;
  /** Members that have no effect in this package, with their values from the file. */
  readonly rest: Readonly<Record<string, unknown>>;
  /** Path of the configuration file. */
  readonly source: string;
  /** Place of the server, such as `mcpServers["x"]`. */
  readonly place: string;
}

/**
 * Names that clients give to transports, in lower case and without spaces, `-` and `_`. `http` means `auto`, which
 * falls back to SSE, because the `http` of VS Code does the same.
 */
const TRANSPORTS: Readonly<Record<string, TransportPolicy | 'stdio'>> = {
  stdio: 'stdio',
  local: 'stdio',
  http: 'auto',
  auto: 'auto',
  remote: 'auto',
  streamablehttp: 'streamable-http',
  httpstream: 'streamable-http',
  sse: 'sse',
};

const MAX_NAME_LENGTH = 1024;

/**
 * Reads the server that `node` describes. `translate` renames its members to the names that this package uses. Returns
 * null if the server has an error or cannot be used by this package.
 */
export function readServer(
  node: ServerNode,
  problems: ConfigProblems,
  scope: VariableScope,
  translate: (draft: EntryDraft) => void = () => {},
): LocalServer | null {
  const { name, place, key, value } = node;
  const errorsBefore = problems.errors;
  if (name === '' || name.length > MAX_NAME_LENGTH)
    problems.error(place, key, `needs a name of 1 to ${MAX_NAME_LENGTH} characters`);
  if (value.type !== 'object') {
    problems.error(place, value, 'must be an object');
    return null;
  }
  const draft = new EntryDraft(node, problems);
  translate(draft);
  if (draft.isLeftOut) return null;
  const parts = draft.says('url') ? takeLogin(draft) : null;
  const reader = new EntryReader(draft, scope);
  const transport = transportOf(reader);
  if (transport === null && problems.errors === errorsBefore)
    problems.error(place, value, 'needs a command (for a stdio server) or a url');
  const id = serverId(name);
  const common = { id, version: '0', name, status: statusOf(reader), ttl: 0, scopes: [], ...reader.own() };
  const isProgram = transport === 'stdio';
  const reached = isProgram || transport === null ? { endpoint: `stdio:${id}` } : remote(reader, transport);
  const command = isProgram ? program(reader, scope) : null;
  const login = isProgram || parts === null ? NO_LOGIN : readLogin(parts, hasKey(draft), reader);
  const { oauth } = login;
  const envFile = isProgram ? reader.path('envFile', pathFault) : null;
  if (problems.errors > errorsBefore) return null;
  warnOfWhatIsNotDone(draft);
  return {
    entry: normalizeEntry({ ...common, ...reached, ...(oauth !== undefined && { oauth }) }, 0),
    command,
    login,
    envFile: envFile === null ? null : fromFolder(envFile, scope),
    rest: reader.rest(),
    source: problems.source,
    place,
    ...problems.positionOf(key),
  };
}

/** Returns the transport of a server; null if it is unknown. An invalid `type` is reported as a problem. */
function transportOf(reader: EntryReader): TransportPolicy | 'stdio' | null {
  const member = ['type', 'transport'].find((name) => reader.has(name));
  if (member !== undefined) {
    const type = reader.plain(member);
    if (type === null) return null;
    const known = type.toLowerCase().replace(/[\s_-]/g, '');
    const transport = Object.hasOwn(TRANSPORTS, known) ? TRANSPORTS[known] : undefined;
    if (transport === undefined) {
      reader.refuse(member, 'must be one of stdio, http, streamable-http, sse');
      return null;
    }
    const needed = transport === 'stdio' ? 'command' : 'url';
    if (!reader.has(needed)) reader.refuse(member, `needs a ${needed} next to it`);
    return transport;
  }
  if (reader.has('command') && reader.has('url'))
    reader.refuse('url', 'has a command next to it; set a type to say which one to use');
  if (reader.has('command')) return 'stdio';
  return reader.has('url') ? 'auto' : null;
}

function statusOf(reader: EntryReader): ConnectorEntry['status'] {
  const isDisabled = reader.has('disabled') && reader.flag('disabled') === true;
  const isEnabled = !reader.has('enabled') || reader.flag('enabled') === true;
  return isEnabled && !isDisabled ? 'enabled' : 'disabled';
}

function program(reader: EntryReader, scope: VariableScope): StdioCommand {
  const cwd = reader.path('cwd', pathFault);
  const command = reader.path('command', commandFault) ?? '';
  return {
    command,
    args: reader.list('args', nulFault, isShell(command) ? null : 'argument'),
    env: reader.table('env', variableNameFault, nulFault),
    cwd: cwd === null ? null : fromFolder(cwd, scope),
  };
}

/** Makes a path absolute, unless the path begins with a variable whose value is not known yet. */
function fromFolder(path: string, { env, folder }: VariableScope): string {
  return env === null && /^(?:~|\$\{)/.test(path) ? path : resolve(folder, path);
}

/** Whether the entry has an API key or an `Authorization` header for its requests, so that no login is needed. */
function hasKey(draft: EntryDraft): boolean {
  const headers = draft.member('headers');
  const names = headers === undefined ? [] : membersOf(headers).map(({ name }) => name.toLowerCase());
  const { type } = Object(draft.plain('auth')) as { readonly type?: unknown };
  return names.includes('authorization') || type === 'bearer' || type === 'apiKey';
}

function remote(
  reader: EntryReader,
  transport: TransportPolicy,
): Pick<ConnectorEntry, 'endpoint' | 'headers' | 'transport'> {
  const endpoint = reader.text('url', urlFault) ?? '';
  const headers = reader.table('headers', headerNameFault, headerValueFault);
  return { endpoint, transport, ...(Object.keys(headers).length > 0 && { headers }) };
}

function nulFault(text: string): string | null {
  return text.includes('\0') ? 'contains a NUL character, which cannot be passed to a process' : null;
}

function pathFault(text: string): string | null {
  return text.trim() === '' ? 'must not be empty' : nulFault(text);
}

function commandFault(text: string): string | null {
  return pathFault(text) ?? (looksLikeCommandLine(text) ? 'contains arguments: put them into args' : null);
}

function variableNameFault(name: string): string | null {
  return /^[^=\0]+$/.test(name) ? null : 'is not a valid variable name: it is empty, or contains = or NUL';
}

function urlFault(text: string): string | null {
  if (text.length <= 2048 && isHttpEndpoint(text)) return null;
  return 'must be an http or https URL of at most 2048 characters, without credentials (put those into headers)';
}
