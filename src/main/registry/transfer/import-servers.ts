import type { ErrorCode } from '../../../shared/error-codes.ts';
import { type ServerInfo, serverInfoFault } from '../../../shared/servers/server-info.ts';
import { ConfigDocument, type Position } from '../../local-config/document/config-document.ts';
import { membersOf, plainValue } from '../../local-config/document/config-node.ts';
import { OWN_MEMBERS } from '../../local-config/entry/known-members.ts';
import type { LocalServer } from '../../local-config/entry/server-entry.ts';
import { type ReadMember, readMembers } from '../../local-config/local-config.ts';
import { hasMask, MASK } from '../../masking/secret-mask.ts';

/** What one entry of a file is for the registry: a server, or a refusal. */
export interface ImportEntry extends Position {
  /** Null for an entry of a list that has none. */
  readonly name: string | null;
  /** `mcpServers["x"]`. */
  readonly place: string;
  readonly server: ServerInfo | null;
  /** Null for a server. */
  readonly refusal: { readonly code: ErrorCode; readonly reason: string } | null;
  /** What somebody should look at all the same. */
  readonly remarks: readonly string[];
}

/**
 * How we and the registry call transports. `http` of the clients falls back to SSE, as that of the registry does here.
 */
const TRANSPORTS = { auto: 'http', 'streamable-http': 'streamableHttp', sse: 'sse' } as const;

/** Members that the registry has its own meaning for. */
const RESERVED: ReadonlySet<string> = new Set(['name', 'transport', 'endpoint']);

/**
 * Reads what can be registered from a file of Claude, Cursor or VS Code, or from an exported or copied `servers.json`,
 * entry by entry. Variables stay as they are written, to be looked up when a server is brought up; only the file's own
 * folder, which nobody knows later, is put in. Throws CONFIG_INVALID where the text is none of these.
 */
export function readImport(text: string, options: { readonly source: string; readonly folder: string }): ImportEntry[] {
  const document = new ConfigDocument(text.replace(/^\ufeff/, ''), options.source);
  const list = membersOf(document.root).find(({ name, value }) => name === 'servers' && value.type === 'array');
  if (list === undefined) return readMembers(text, { ...options, env: null }).members.map(fromMember);
  return (list.value.children ?? []).map((node, index) => {
    const value = plainValue(node);
    const fault = serverInfoFault(value);
    const at = { place: `servers[${index}]`, ...document.positionOf(node.offset) };
    if (fault === null) return checked(value as ServerInfo, { ...at, remarks: [] });
    return {
      ...at,
      name: nameOf(value),
      server: null,
      refusal: { code: 'SERVER_INVALID', reason: fault },
      remarks: [],
    };
  });
}

function fromMember({ name, place, line, column, server, problems }: ReadMember): ImportEntry {
  const [errors, remarks] = [problems.filter(isError), problems.filter((it) => !isError(it))].map((list) =>
    list.map(({ message }) => message.replace(' The server is left out.', '')),
  ) as [string[], string[]];
  if (server !== null) return checked(toServerInfo(server), { place, line, column, remarks });
  const reason = errors.join(' ');
  const code = reason.includes(MASK) ? 'SECRET_MASKED' : 'CONFIG_INVALID';
  return { name, place, line, column, server: null, refusal: { code, reason }, remarks };
}

function isError({ severity }: { readonly severity: string }): boolean {
  return severity === 'error';
}

function checked(server: ServerInfo, at: Pick<ImportEntry, 'place' | 'line' | 'column' | 'remarks'>): ImportEntry {
  const fault = serverInfoFault(server);
  const refusal = hasMask(server)
    ? { code: 'SECRET_MASKED' as const, reason: `holds ${MASK}, which stands for a secret that was not shown` }
    : fault === null
      ? null
      : { code: 'SERVER_INVALID' as const, reason: fault };
  return { ...at, name: server.name, server: refusal === null ? server : null, refusal };
}

function toServerInfo({ entry, command, envFile, rest }: LocalServer): ServerInfo {
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
    ...Object.fromEntries(own.filter((member) => entry[member] !== undefined).map((member) => [member, entry[member]])),
    ...Object.fromEntries(Object.entries(rest).filter(([member]) => !RESERVED.has(member))),
  };
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
