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

/** Result of importing one entry of a file: a server, or a refusal. */
export interface ImportEntry extends Position {
  /** Name of the entry; null for an entry of a list without a name. */
  readonly name: string | null;
  /** Place of the entry, such as `mcpServers["x"]`. */
  readonly place: string;
  readonly server: ServerInfo | null;
  /** Reason why the entry is refused; null for a server. */
  readonly refusal: { readonly code: ErrorCode; readonly reason: string } | null;
  /** Warnings that should be reviewed although the server is imported. */
  readonly remarks: readonly string[];
}

/**
 * Names that this package's transports have in the registry. The `http` of the clients falls back to SSE, and so does
 * the `http` of the registry.
 */
const TRANSPORTS = { auto: 'http', 'streamable-http': 'streamableHttp', sse: 'sse' } as const;

/** Members that have a meaning of their own in the registry. */
const RESERVED: ReadonlySet<string> = new Set(['name', 'transport', 'endpoint']);

/**
 * Reads the servers to register from the file of any client that local configuration knows, or from an exported or
 * copied `servers.json`, entry by entry. Variables stay as they are written and are looked up when a server is started.
 * Only the folder of the file is filled in, because it is not known later. Throws CONFIG_INVALID if the text has none
 * of these forms, or the bytes are not text.
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
    // An entry that is skipped without a problem is not a server.
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

/** Returns the member that a fault such as `env.KEY: …` is about, or its nearest existing ancestor. */
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

/** Converts a member of the file. A refusal has the position of its first problem. */
function fromMember({ name, place, line, column, server, problems }: ReadMember): ImportEntry {
  const errors = problems.filter(isError);
  const remarks = problems.filter((it) => !isError(it)).map(wordsOf);
  if (server !== null) return checked(toServerInfo(server), { place, line, column, remarks });
  // A server that is left out without an error needs something that does not exist here.
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
 * Returns the login settings of a server, under the names that this package uses. They include its secret, as headers
 * do.
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
