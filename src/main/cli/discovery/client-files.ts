import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';

/** Facts about a machine that decide where its clients keep their files. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The current folder. */
  readonly cwd: string;
}

/** A file in which a client may have servers. */
export interface ClientFile {
  readonly client: Client;
  readonly path: string;
  /** A `user` file is the person's own; a `project` file came with the current folder, perhaps from somebody else. */
  readonly level: 'user' | 'project';
}

/** The base folders of the table. */
type Base = 'home' | 'config' | 'data' | 'localData' | 'claude' | 'codex' | 'project';

/**
 * `base/rest`; a place that only one platform has starts with the platform's name, as in
 * `win32:data/Zed/settings.json`.
 */
type Place = `${'' | 'win32:' | 'unix:'}${Base}/${string}`;

/**
 * Files of each client. `config` is `$XDG_CONFIG_HOME` or `~/.config` on every platform; `data` is the folder in which
 * the platform keeps application settings. If several files of one client have a server, the last file wins.
 */
const PLACES = {
  claude: ['data/Claude/claude_desktop_config.json', 'claude/.claude.json', 'project/.mcp.json'],
  cursor: ['home/.cursor/mcp.json', 'project/.cursor/mcp.json'],
  vscode: [
    'data/Code/User/settings.json',
    'data/Code/User/mcp.json',
    'data/Code - Insiders/User/mcp.json',
    'project/.vscode/mcp.json',
  ],
  windsurf: ['home/.codeium/windsurf/mcp_config.json'],
  gemini: ['home/.gemini/settings.json', 'project/.gemini/settings.json'],
  codex: ['codex/config.toml', 'project/.codex/config.toml'],
  opencode: [
    'config/opencode/opencode.json',
    'config/opencode/opencode.jsonc',
    'project/opencode.json',
    'project/opencode.jsonc',
  ],
  crush: [
    'unix:config/crush/crush.json',
    'win32:localData/crush/crush.json',
    'project/crush.json',
    'project/.crush.json',
  ],
  zed: ['unix:config/zed/settings.json', 'win32:data/Zed/settings.json', 'project/.zed/settings.json'],
  goose: ['unix:config/goose/config.yaml', 'win32:data/Block/goose/config/config.yaml'],
  copilot: ['home/.copilot/mcp-config.json'],
  kiro: ['home/.kiro/settings/mcp.json', 'project/.kiro/settings/mcp.json'],
  amp: ['config/amp/settings.json', 'project/.amp/settings.json'],
  factory: ['home/.factory/mcp.json', 'project/.factory/mcp.json'],
  junie: ['home/.junie/mcp/mcp.json', 'project/.junie/mcp/mcp.json'],
  warp: ['home/.warp/.mcp.json', 'project/.warp/.mcp.json'],
  lmstudio: ['home/.lmstudio/mcp.json'],
} as const satisfies Record<string, readonly Place[]>;

/** A client as `--from` names it. */
export type Client = keyof typeof PLACES;

export const CLIENTS = Object.keys(PLACES) as readonly Client[];

/** Whether `--from` accepts this name. */
export function isClient(name: string): name is Client {
  return Object.hasOwn(PLACES, name);
}

/** Returns every place where these clients may have servers, whether the file exists or not. */
export function clientFiles(clients: readonly Client[], machine: Machine): readonly ClientFile[] {
  const bases = baseFolders(machine);
  const { join } = pathsOf(machine);
  return clients.flatMap((client) =>
    PLACES[client].flatMap((place: Place): ClientFile[] => {
      const [, only, base = '', rest = ''] = /^(?:(win32|unix):)?([a-zA-Z]+)\/(.+)$/.exec(place) ?? [];
      if (only !== undefined && (only === 'win32') !== (machine.platform === 'win32')) return [];
      const folder = bases[base as Base];
      return [{ client, path: join(folder, rest), level: base === 'project' ? 'project' : 'user' }];
    }),
  );
}

/** Returns the home folder of the user, as the environment sets it. */
export function homeOf({ platform, env }: Machine): string {
  return (platform === 'win32' ? env.USERPROFILE : env.HOME) || homedir();
}

function baseFolders(machine: Machine): Readonly<Record<Base, string>> {
  const { platform, env, cwd } = machine;
  const { join } = pathsOf(machine);
  const home = homeOf(machine);
  const config = env.XDG_CONFIG_HOME || join(home, '.config');
  const data = {
    win32: env.APPDATA || join(home, 'AppData', 'Roaming'),
    darwin: join(home, 'Library', 'Application Support'),
  };
  return {
    ...{ home, config, project: cwd },
    data: platform === 'win32' || platform === 'darwin' ? data[platform] : config,
    localData: env.LOCALAPPDATA || join(home, 'AppData', 'Local'),
    claude: env.CLAUDE_CONFIG_DIR || home,
    codex: env.CODEX_HOME || join(home, '.codex'),
  };
}

function pathsOf({ platform }: Machine): typeof posix {
  return platform === 'win32' ? win32 : posix;
}
