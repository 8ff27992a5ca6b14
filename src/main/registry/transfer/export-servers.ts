import type { ServerInfo } from '../../../shared/servers/server-info.ts';

/** Whose file an export is: `servers` is the registry's own. */
export const EXPORT_FORMATS = ['claude', 'cursor', 'vscode', 'servers'] as const;

export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** An export, and the servers that its format has no words for. */
export interface Export {
  readonly document: object;
  readonly leftOut: readonly string[];
}

/** Servers as a file of that client. */
export function exportServers(servers: readonly ServerInfo[], format: ExportFormat): Export {
  if (format === 'servers') return { document: { servers }, leftOut: [] };
  const { said = [], leftOut = [] } = Object.groupBy(servers, ({ transport }) =>
    transport === 'ws' ? 'leftOut' : 'said',
  );
  const entries = Object.fromEntries(said.map((server) => [server.name, entryOf(server, format)]));
  const document = format === 'vscode' ? { servers: entries } : { mcpServers: entries };
  return { document, leftOut: leftOut.map(({ name }) => name) };
}

function entryOf(server: ServerInfo, format: Exclude<ExportFormat, 'servers'>): object {
  const { name: _name, transport, command, args, env, endpoint, headers, ...rest } = server;
  const isProgram = transport === 'stdio';
  const type = isProgram ? 'stdio' : transport === 'sse' ? 'sse' : 'http';
  // Cursor tells them apart by their members.
  const typed = format === 'vscode' || (format === 'claude' && !isProgram) ? { type } : {};
  const reached = isProgram
    ? { command, ...(args !== undefined && { args }), ...(env !== undefined && { env }) }
    : { url: endpoint, ...(headers !== undefined && { headers }) };
  return inWordsOf(format, { ...typed, ...reached, ...rest }) as object;
}

/**
 * Variables as that client writes them: `${NAME}` in Claude Code, `${env:NAME}` in Cursor and VS Code, which know
 * no defaults.
 */
function inWordsOf(format: ExportFormat, value: unknown): unknown {
  if (typeof value === 'string') {
    return format === 'claude'
      ? value.replace(/\$\{env:([A-Za-z_]\w*)\}/g, (_, name: string) => `\${${name}}`)
      : value.replace(/\$\{([A-Za-z_]\w*)\}/g, (whole, name: string) =>
          OF_EDITORS.has(name) ? whole : `\${env:${name}}`,
        );
  }
  if (Array.isArray(value)) return value.map((item) => inWordsOf(format, item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, inWordsOf(format, member)]));
}

/** Variables that are not of the environment. */
const OF_EDITORS: ReadonlySet<string> = new Set([
  'workspaceFolder',
  'workspaceRoot',
  'workspaceFolderBasename',
  'userHome',
  'pathSeparator',
]);
