import type { ServerInfo } from '../../../shared/servers/server-info.ts';
import { writeCodex } from './write-codex.ts';
import { writeGoose } from './write-goose.ts';
import { writeOpenCode } from './write-opencode.ts';
import { loginForClaude, loginForCursor, loginForGemini } from './written-login.ts';
import type { WrittenEntry } from './written-members.ts';
import { inBracesOfClaude, inBracesOfEditors } from './written-variables.ts';

/** Clients for which configuration files can be written. */
export type ClientFormat = 'claude' | 'cursor' | 'vscode' | 'opencode' | 'codex' | 'zed' | 'gemini' | 'goose';

/** How to write the configuration file of one client. */
export interface ClientWriter {
  readonly syntax: 'json' | 'toml' | 'yaml';
  /** Name of the member that contains the servers by their names. */
  readonly key: string;
  /** Other members that a new file of this client has. */
  readonly besides?: object;
  /** Returns the entry for a server; null if the client does not support the transport of the server. */
  readonly write: (server: ServerInfo) => WrittenEntry | null;
}

/**
 * How to write the configuration file of each client. Claude, Cursor, VS Code, Zed and Gemini CLI ignore unknown
 * members, so all members of a server are written. The other clients reject a file with unknown members, so only the
 * members that they know are written.
 */
export const WRITERS: Readonly<Record<ClientFormat, ClientWriter>> = {
  claude: {
    syntax: 'json',
    key: 'mcpServers',
    write: (server) => whole(server, typed(server), inBracesOfClaude, loginForClaude),
  },
  // Cursor has no member for the transport: `command` means a stdio server, and `url` means either kind of HTTP
  // transport.
  cursor: {
    syntax: 'json',
    key: 'mcpServers',
    write: (server) => whole(server, sseAlone(server), inBracesOfEditors, loginForCursor),
  },
  vscode: {
    syntax: 'json',
    key: 'servers',
    write: (server) => whole(server, { type: typeOf(server), ...reached(server) }, inBracesOfEditors),
  },
  zed: { syntax: 'json', key: 'context_servers', write: (server) => whole(server, zed(server), inBracesOfClaude) },
  gemini: {
    syntax: 'json',
    key: 'mcpServers',
    write: (server) => whole(server, gemini(server), inBracesOfClaude, loginForGemini),
  },
  opencode: {
    syntax: 'json',
    key: 'mcp',
    besides: { $schema: 'https://opencode.ai/config.json' },
    write: writeOpenCode,
  },
  codex: { syntax: 'toml', key: 'mcp_servers', write: writeCodex },
  goose: { syntax: 'yaml', key: 'extensions', write: writeGoose },
};

/**
 * Returns an entry with all members of a server. `members` say how to reach the server, and come first. Returns null
 * for the transport `ws`, which is not part of MCP.
 */
function whole(
  server: ServerInfo,
  members: object,
  inWords: (value: unknown) => unknown,
  login: (server: ServerInfo) => object = ({ oauth }) => (oauth === undefined ? {} : { oauth }),
): WrittenEntry | null {
  const { name: _name, transport, command: _c, args: _a, env: _e, endpoint: _u, headers: _h, ...rest } = server;
  if (transport === 'ws') return null;
  const { oauth: _oauth, ...others } = rest;
  return { members: inWords({ ...members, ...others, ...login(server) }) as object, unsaid: [] };
}

function typeOf({ transport }: ServerInfo): string {
  if (transport === 'stdio') return 'stdio';
  return transport === 'sse' ? 'sse' : 'http';
}

function reached({ transport, command, args, env, endpoint, headers }: ServerInfo): object {
  return transport === 'stdio'
    ? { command, ...(args !== undefined && { args }), ...(env !== undefined && { env }) }
    : { url: endpoint, ...(headers !== undefined && { headers }) };
}

/** Returns the members that say how to reach a server. For a server with a URL, they begin with its `type`. */
function typed(server: ServerInfo): object {
  return { ...(server.transport !== 'stdio' && { type: typeOf(server) }), ...reached(server) };
}

/**
 * Returns the members that say how to reach a server. Only SSE needs a `type`, because without one, these clients try
 * Streamable HTTP first.
 */
function sseAlone(server: ServerInfo): object {
  return { ...(server.transport === 'sse' && { type: 'sse' }), ...reached(server) };
}

function zed(server: ServerInfo): object {
  return { source: 'custom', ...sseAlone(server) };
}

function gemini(server: ServerInfo): object {
  const { transport, endpoint, headers } = server;
  if (transport !== 'http' && transport !== 'streamableHttp') return sseAlone(server);
  return { httpUrl: endpoint, ...(headers !== undefined && { headers }) };
}
