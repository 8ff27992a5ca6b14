import { describe, expect, it } from 'vitest';
import { clientSnippet, type Way } from '../../../../../src/main/cli/commands/config/client-snippet.ts';
import type { SnippetClient } from '../../../../../src/main/cli/commands/config/snippet-clients.ts';

const http: Way = { kind: 'http', url: 'https://mcp.example.com/mcp?team=a', tokenEnv: 'GATEWAY_TOKEN' };
const program = { command: '/opt/node/bin/node', args: ['/opt/app/bin.js'] };
const stdio: Way = {
  kind: 'stdio',
  program,
  serveArgs: ['--config', "/home/o'neil/servers.json", '--tools', 'github__*'],
};

describe('clientSnippet', () => {
  it('clientSnippet() writes the variable of the access token in the syntax of each client', () => {
    const headerOf = (client: SnippetClient) =>
      clientSnippet(client, 'x', http, 'linux').written.text.match(/Bearer [^"\n]*/)?.[0];
    expect(headerOf('claude')).toBe(`Bearer \${GATEWAY_TOKEN}`);
    expect(headerOf('cursor')).toBe(`Bearer \${env:GATEWAY_TOKEN}`);
    expect(headerOf('vscode')).toBe(`Bearer \${env:GATEWAY_TOKEN}`);
    expect(headerOf('gemini')).toBe(`Bearer \${GATEWAY_TOKEN}`);
    expect(headerOf('opencode')).toBe('Bearer {env:GATEWAY_TOKEN}');
    expect(headerOf('goose')).toBe(`Bearer \${GATEWAY_TOKEN}`);
    expect(clientSnippet('codex', 'x', http, 'linux').written.text).toContain('bearer_token_env_var = "GATEWAY_TOKEN"');
  });

  it('clientSnippet() quotes the Claude Code command line so that a shell reads it as intended', () => {
    expect(clientSnippet('claude', 'x', http, 'linux').command).toBe(
      `claude mcp add --scope project --transport http x 'https://mcp.example.com/mcp?team=a' --header 'Authorization: Bearer \${GATEWAY_TOKEN}'`,
    );
    expect(clientSnippet('claude', 'x', stdio, 'linux').command).toBe(
      "claude mcp add x -- /opt/node/bin/node /opt/app/bin.js serve --stdio --config '/home/o'\\''neil/servers.json' --tools 'github__*'",
    );
    expect(clientSnippet('cursor', 'x', stdio, 'linux').command).toBeNull();
  });

  it.each([
    ['darwin', '~/Library/Application Support/Claude/claude_desktop_config.json'],
    ['win32', '%APPDATA%\\Claude\\claude_desktop_config.json'],
    ['linux', '~/.config/Claude/claude_desktop_config.json'],
  ] as const)(
    'clientSnippet() names the Claude Desktop config file on %s only for a gateway that runs over stdio',
    (platform, file) => {
      expect(clientSnippet('claude', 'x', stdio, platform).files).toEqual(['.mcp.json', file]);
      expect(clientSnippet('claude', 'x', http, platform).files).toEqual(['.mcp.json']);
    },
  );

  it.each([
    ['linux', '~/.config/zed/settings.json', '~/.config/goose/config.yaml'],
    ['win32', '%APPDATA%\\Zed\\settings.json', '%APPDATA%\\Block\\goose\\config\\config.yaml'],
  ] as const)('clientSnippet() names the config files of Zed and Goose on %s', (platform, zed, goose) => {
    expect(clientSnippet('zed', 'x', stdio, platform).files).toContain(zed);
    expect(clientSnippet('goose', 'x', stdio, platform).files).toEqual([goose]);
  });

  it('clientSnippet() warns against using the file of the snippet also as the file of `--config`', () => {
    expect(clientSnippet('claude', 'x', stdio, 'linux').advice).toContain('--config names must be a different one');
    expect(clientSnippet('claude', 'x', { ...stdio, serveArgs: ['--registry'] }, 'linux').advice).not.toContain(
      '--config',
    );
  });
});
