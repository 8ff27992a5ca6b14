import { describe, expect, it } from 'vitest';
import { CLIENTS, type Client, clientFiles, isClient } from '../../../../src/main/cli/discovery/client-files.ts';

const LINUX = { platform: 'linux', env: { HOME: '/home/me' }, cwd: '/repo' } as const;
const MAC = { platform: 'darwin', env: { HOME: '/Users/me' }, cwd: '/repo' } as const;
const WINDOWS = {
  platform: 'win32',
  env: { USERPROFILE: 'C:\\Users\\me', APPDATA: 'C:\\Roaming', LOCALAPPDATA: 'C:\\Local' },
  cwd: 'C:\\repo',
} as const;

const own = (client: Client, machine: Parameters<typeof clientFiles>[1]): readonly string[] =>
  clientFiles([client], machine).flatMap(({ path, level }) => (level === 'user' ? [path] : []));

describe('clientFiles', () => {
  it.each([
    ['claude', LINUX, ['/home/me/.config/Claude/claude_desktop_config.json', '/home/me/.claude.json']],
    [
      'claude',
      MAC,
      ['/Users/me/Library/Application Support/Claude/claude_desktop_config.json', '/Users/me/.claude.json'],
    ],
    ['claude', WINDOWS, ['C:\\Roaming\\Claude\\claude_desktop_config.json', 'C:\\Users\\me\\.claude.json']],
    ['zed', MAC, ['/Users/me/.config/zed/settings.json']],
    ['zed', WINDOWS, ['C:\\Roaming\\Zed\\settings.json']],
    ['crush', WINDOWS, ['C:\\Local\\crush\\crush.json']],
    ['goose', LINUX, ['/home/me/.config/goose/config.yaml']],
    ['codex', { ...LINUX, env: { HOME: '/home/me', CODEX_HOME: '/codex' } }, ['/codex/config.toml']],
    ['amp', { ...LINUX, env: { HOME: '/home/me', XDG_CONFIG_HOME: '/xdg' } }, ['/xdg/amp/settings.json']],
  ] as const)(
    'clientFiles() returns the paths of the config files that the client %s uses on a platform',
    (client, machine, paths) => {
      expect(own(client, machine)).toEqual(paths);
    },
  );

  it("clientFiles() distinguishes project files in the current folder from the user's own files", () => {
    expect(clientFiles(['cursor'], LINUX)).toEqual([
      { client: 'cursor', path: '/home/me/.cursor/mcp.json', level: 'user' },
      { client: 'cursor', path: '/repo/.cursor/mcp.json', level: 'project' },
    ]);
  });

  it('clientFiles() returns at least one file for every client on every platform', () => {
    for (const client of CLIENTS)
      for (const machine of [LINUX, MAC, WINDOWS]) expect(own(client, machine)).not.toEqual([]);
  });

  it('isClient() does not accept `toString`, which every object inherits, as the name of a client', () => {
    expect([isClient('toString'), isClient('cursor')]).toEqual([false, true]);
  });
});
