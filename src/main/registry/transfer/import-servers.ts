import type { ErrorCode } from '../../../shared/error-codes.ts';
import { messageOf, SwitchyardError } from '../../../shared/errors.ts';
import { type ServerInfo, serverInfoFault } from '../../../shared/servers/server-info.ts';
import { ConfigDocument, type Position } from '../../local-config/document/config-document.ts';
import { type ConfigNode, itemsOf, memberOf, membersOf, plainValue } from '../../local-config/document/config-node.ts';
import { decodeText } from '../../local-config/document/decode-text.ts';
import { OWN_MEMBERS } from '../../local-config/entry/known-members.ts';
import type { LocalServer } from '../../local-config/entry/server-entry.ts';
import { type ReadMember, readMembers } from '../../local-config/local-config.ts';
import { hasMask, MASK } from '../../masking/secret-mask.ts';

/** Result of importing one entry of a file: a server, or the reason why it is refused. */
export interface ImportEntry extends Position {
  /** Name of the entry; null if an entry of a list has no name. */
  readonly name: string | null;
  /** Place of the entry, such as `mcpServers["x"]`. */
  readonly place: string;
  readonly server: ServerInfo | null;
  /** Reason why the entry is refused; null if it is imported. */
  readonly refusal: { readonly code: ErrorCode; readonly reason: string } | null;
  /** Warnings about the entry, which a person should read even if the server is imported. */
  readonly remarks: readonly string[];
}

/**
 * The registry's names for the transports of an entry. The `http` of the registry falls back to SSE, as the `http` of
 * clients does.
 */
const TRANSPORTS = { auto: 'http', 'streamable-http': 'streamableHttp', sse: 'sse' } as const;

/** Members that the registry uses itself, so they are not copied from a file. */
const RESERVED: ReadonlySet<string> = new Set(['name', 'transport', 'endpoint']);

/**
 * Reads the servers to register, entry by entry, from the configuration file of a known client or from a
 * `servers.json`. Variables stay unchanged, because they are looked up when a server is started. Only variables for the
 * folder of the file are replaced, because that folder is not known later. Throws CONFIG_INVALID if the text has none
 * of these formats, or if the bytes cannot be decoded.
 */
export function readImport(
  given: string | Uint8Array,
  options: { readonly source: string; readonly folder: string },
): ImportEntry[] {
  const text = typeof given === 'string' ? given : decoded(given, options.source);
  const document = new ConfigDocument(text, options.source);
  const list = membersOf(document.root).find(({ name, value }) => name === 'servers' && value.type === 'array');
  if (list === undefined) {
    const { members } = readMembers(text, { ...options, env: null, project: process.cwd() });
    // An entry that gave neither a server nor a problem does not describe a server, and is ignored. An example is a
    // built-in extension of Goose.
    return members.filter(({ server, problems }) => server !== null || problems.length > 0).map(fromMember);
  }
  return itemsOf(list.value).map((node, index) => {
    const value = plainValue(node);
    const fault = serverInfoFault(value);
    const place = `servers[${index}]`;
    if (fault === null)
      return checked(value as ServerInfo, { place, ...document.positionOf(node.offset), remarks: [] });
    const refusal = { code: 'SERVER_INVALID' as const, reason: fault };
    const at = document.positionOf(nodeAtFault(node, fault).offset);
    return { place, ...at, name: nameOf(value), server: null, refusal, remarks: [] };
  });
}

/**
 * Returns the node of the member that a fault such as `env.KEY: …` refers to. If that member is missing, returns the
 * nearest node around it.
 */
function nodeAtFault(node: ConfigNode, fault: string): ConfigNode {
  const steps = (/^([^:\s]+):/.exec(fault)?.[1] ?? '').split(/[.[\]]+/).filter((step) => step !== '');
  let found = node;
  for (const step of steps) {
    const next = found.type === 'array' ? itemsOf(found)[Number(step)] : memberOf(found, step);
    if (next === undefined) return found;
    found = next;
  }
  return found;
}

function decoded(bytes: Uint8Array, source: string): string {
  try {
    return decodeText(bytes);
  } catch (cause) {
    throw new SwitchyardError('CONFIG_INVALID', `${source} cannot be used: ${messageOf(cause)}.`, { cause });
  }
}

/** Converts one member of a file to a server or a refusal. A refusal has the position of its first problem. */
function fromMember({ name, place, line, column, server, problems }: ReadMember): ImportEntry {
  const errors = problems.filter(isError);
  const remarks = problems.filter((it) => !isError(it)).map(wordsOf);
  if (server !== null) return checked(toServerInfo(server), { place, line, column, remarks });
  // If there are no errors, the server needs something that this package does not have. A warning says what that is.
  const [first] = errors.length > 0 ? errors : problems;
  const reason = errors.length > 0 ? errors.map(wordsOf).join(' ') : remarks.join(' ');
  const code = reason.includes(MASK) ? 'SECRET_MASKED' : 'CONFIG_INVALID';
  const at = { line: first?.line ?? line, column: first?.column ?? column };
  return { name, place, ...at, server: null, refusal: { code, reason }, remarks: errors.length > 0 ? remarks : [] };
}

function wordsOf({ message }: { readonly message: string }): string {
  return message.replace(' The server is left out.', '');
}

function isError({ severity }: { readonly severity: string }): boolean {
  return severity === 'error';
}

function checked(server: ServerInfo, at: Pick<ImportEntry, 'place' | 'line' | 'column' | 'remarks'>): ImportEntry {
  const fault = serverInfoFault(server);
  const refusal = hasMask(server)
    ? { code: 'SECRET_MASKED' as const, reason: `contains ${MASK}, the placeholder for a masked secret` }
    : fault === null
      ? null
      : { code: 'SERVER_INVALID' as const, reason: fault };
  return { ...at, name: server.name, server: refusal === null ? server : null, refusal };
}

function toServerInfo({ entry, command, envFile, login, rest }: LocalServer): ServerInfo {
  const { name, status, transport, endpoint, headers } = entry;
  const reached =
    command === null
      ? { transport: TRANSPORTS[transport ?? 'auto'], endpoint, ...(headers !== undefined && { headers }) }
      : { transport: 'stdio' as const, ...programOf(command), ...(envFile !== null && { envFile }) };
  const own = Object.keys(OWN_MEMBERS).filter((member) => member !== 'scopes' || entry.scopes.length > 0);
  return {
    name,
    ...reached,
    ...(status === 'disabled' && { disabled: true }),
    ...loginOf(entry.oauth, login),
    ...Object.fromEntries(own.filter((member) => entry[member] !== undefined).map((member) => [member, entry[member]])),
    ...Object.fromEntries(Object.entries(rest).filter(([member]) => !RESERVED.has(member))),
  };
}

/**
 * Returns the login settings of a server, under the names that this package uses. They include the client secret,
 * because headers with secrets are imported too.
 */
function loginOf(oauth: LocalServer['entry']['oauth'], { clientSecret, rest }: LocalServer['login']): object {
  if (oauth === false) return { oauth };
  if (oauth === undefined && Object.keys(rest).length === 0) return {};
  return { oauth: { ...rest, ...oauth, ...(clientSecret !== null && { clientSecret }) } };
}

function programOf({ command, args, env, cwd }: NonNullable<LocalServer['command']>): Partial<ServerInfo> {
  return {
    command,
    ...(args.length > 0 && { args }),
    ...(Object.keys(env).length > 0 && { env }),
    ...(cwd !== null && { cwd }),
  };
}

function nameOf(value: unknown): string | null {
  const name = typeof value === 'object' && value !== null && 'name' in value ? value.name : null;
  return typeof name === 'string' ? name : null;
}
