import type { ServerInfo } from '../../../shared/servers/server-info.ts';
import { writeCodex } from './write-codex.ts';
import { writeGoose } from './write-goose.ts';
import { writeOpenCode } from './write-opencode.ts';
import { loginForClaude, loginForCursor, loginForGemini } from './written-login.ts';
import type { WrittenEntry } from './written-members.ts';
import { inBracesOfClaude, inBracesOfEditors } from './written-variables.ts';

/** The clients whose files are written. */
export type ClientFormat = 'claude' | 'cursor' | 'vscode' | 'opencode' | 'codex' | 'zed' | 'gemini' | 'goose';

/** How one client's file is written. */
export interface ClientWriter {
  readonly syntax: 'json' | 'toml' | 'yaml';
  /** The member that holds the servers by their names. */
  readonly key: string;
  /** What such a file has besides. */
  readonly besides?: object;
  /** Null for a server that the client cannot reach. */
  readonly write: (server: ServerInfo) => WrittenEntry | null;
}

/**
 * Claude, Cursor, VS Code, Zed and Gemini pass over members that they do not know, so all of a server is in their
 * files. The others refuse such a file.
 */
export const WRITERS: Readonly<Record<ClientFormat, ClientWriter>> = {
  claude: {
    syntax: 'json',
    key: 'mcpServers',
    write: (server) => whole(server, typed(server), inBracesOfClaude, loginForClaude),
  },
  // Cursor tells programs and addresses apart by their members, and takes an address for either kind of HTTP.
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

/** Everything of a server besides how it is reached, after that. `ws` is no transport of MCP. */
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

/** With a type for an address alone; it comes first. */
function typed(server: ServerInfo): object {
  return { ...(server.transport !== 'stdio' && { type: typeOf(server) }), ...reached(server) };
}

/** With a type for SSE alone, which would be tried second without it. */
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
