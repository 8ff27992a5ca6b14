import { type Export, exportServers } from '../../../registry/transfer/export-servers.ts';
import { type OwnProgram, shellLine } from '../../terminal/own-command.ts';
import type { SnippetClient } from './snippet-clients.ts';

/** How the client reaches the gateway: over HTTP at a URL, or by starting the gateway as a stdio server. */
export type Way =
  | { readonly kind: 'http'; readonly url: string; readonly tokenEnv: string | null }
  | { readonly kind: 'stdio'; readonly program: OwnProgram; readonly serveArgs: readonly string[] };

/** Configuration for a client, and the files that it can be added to. */
export interface Snippet {
  /** The configuration in two forms: as a complete file for the client, and as the part to add to an existing file. */
  readonly written: Export;
  /** Files from which the client reads its configuration. The file with the narrowest scope is first. */
  readonly files: readonly string[];
  /** A command of the client that adds the same configuration; null if the client has no such command. */
  readonly command: string | null;
  /** One line that tells the user where to add the configuration, and what it does. */
  readonly advice: string;
}

/**
 * Creates the configuration for one client. Variables in headers are written as `${NAME}` for Claude Code, Gemini CLI
 * and Goose, as `${env:NAME}` for Cursor and VS Code, and as `{env:NAME}` for OpenCode. Codex has a field for the name
 * of the variable. The file of Claude Desktop is suggested only for stdio servers, because Claude Desktop ignores
 * servers with a URL. The `inputs` of VS Code are not used, because a person has to type their values, and background
 * agents skip such servers.
 */
export function clientSnippet(client: SnippetClient, name: string, way: Way, platform: NodeJS.Platform): Snippet {
  const written = exportServers([serverOf(name, way)], client);
  const files = filesOf(client, way, platform);
  const command = client === 'claude' ? claudeCommand(name, way) : null;
  return { written, files, command, advice: adviceOf(files, command, way) };
}

function serverOf(name: string, way: Way): Parameters<typeof exportServers>[0][number] {
  if (way.kind === 'stdio') return { name, transport: 'stdio', command: way.program.command, args: serveArgs(way) };
  const { url, tokenEnv } = way;
  const headers = tokenEnv === null ? undefined : { Authorization: bearer(tokenEnv) };
  return { name, transport: 'streamableHttp', endpoint: url, headers };
}

function serveArgs({ program, serveArgs }: Extract<Way, { kind: 'stdio' }>): readonly string[] {
  return [...program.args, 'serve', '--stdio', ...serveArgs];
}

function bearer(tokenEnv: string): string {
  return `Bearer \${${tokenEnv}}`;
}

function filesOf(client: SnippetClient, { kind }: Way, platform: NodeJS.Platform): readonly string[] {
  switch (client) {
    case 'claude':
      return kind === 'http' ? ['.mcp.json'] : ['.mcp.json', claudeDesktopFile(platform)];
    case 'cursor':
      return ['.cursor/mcp.json', '~/.cursor/mcp.json'];
    case 'vscode':
      return ['.vscode/mcp.json'];
    case 'gemini':
      return ['.gemini/settings.json', '~/.gemini/settings.json'];
    case 'opencode':
      return ['opencode.json', '~/.config/opencode/opencode.json'];
    case 'codex':
      return ['.codex/config.toml', '~/.codex/config.toml'];
    case 'zed':
      return [
        '.zed/settings.json',
        platform === 'win32' ? '%APPDATA%\\Zed\\settings.json' : '~/.config/zed/settings.json',
      ];
    case 'goose':
      return [platform === 'win32' ? '%APPDATA%\\Block\\goose\\config\\config.yaml' : '~/.config/goose/config.yaml'];
  }
}

function claudeDesktopFile(platform: NodeJS.Platform): string {
  switch (platform) {
    case 'darwin':
      return '~/Library/Application Support/Claude/claude_desktop_config.json';
    case 'win32':
      return '%APPDATA%\\Claude\\claude_desktop_config.json';
    default:
      return '~/.config/Claude/claude_desktop_config.json';
  }
}

/**
 * Returns a `claude mcp add` command. With a token, the command has project scope, because Claude Code is known to
 * replace variables in the project's file. Without a token, the command does not change the project's file, because the
 * gateway may read that file.
 */
function claudeCommand(name: string, way: Way): string {
  const add = ['claude', 'mcp', 'add'];
  if (way.kind === 'stdio') return shellLine([...add, name, '--', way.program.command, ...serveArgs(way)]);
  const http = ['--transport', 'http', name, way.url];
  if (way.tokenEnv === null) return shellLine([...add, ...http]);
  return shellLine([...add, '--scope', 'project', ...http, '--header', `Authorization: ${bearer(way.tokenEnv)}`]);
}

function adviceOf(files: readonly string[], command: string | null, way: Way): string {
  const into = `Goes into ${files.join(' or ')}${command === null ? '' : `, or run: ${command}`}`;
  if (way.kind === 'stdio') {
    const self = way.serveArgs.some((arg) => arg.startsWith('--config'))
      ? '; the file that --config names must be a different one'
      : '';
    return `${into} – the client then starts a gateway of its own, and paths are relative to its working folder${self}`;
  }
  const token = way.tokenEnv === null ? '' : `, with the token in ${way.tokenEnv} of its environment`;
  const desktop = command === null ? '' : '; Claude Desktop supports only stdio servers: add --stdio for its snippet';
  const self = '; the gateway itself must not read this file';
  return `${into} – the client then talks to the gateway that listens there${token}${self}${desktop}`;
}
