import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';

/** The facts that decide where clients on this machine store their configuration files. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The current folder. */
  readonly cwd: string;
}

/** A configuration file of a client, which may contain servers. */
export interface ClientFile {
  readonly client: Client;
  readonly path: string;
  /**
   * A `user` file is in the user's own folders. A `project` file is in the current folder, and somebody else may have
   * written it.
   */
  readonly level: 'user' | 'project';
}

/** Names of the folders that the paths in `PLACES` start with. */
type Base = 'home' | 'config' | 'data' | 'localData' | 'claude' | 'codex' | 'project';

/**
 * The name of a base folder and a path in it. The prefix `win32:` or `unix:` limits the path to one platform, as in
 * `win32:data/Zed/settings.json`.
 */
type Place = `${'' | 'win32:' | 'unix:'}${Base}/${string}`;

/**
 * Configuration files of each client. The folder `config` is `$XDG_CONFIG_HOME` or `~/.config`. The folder `data` is
 * where the platform stores application settings. If several files of a client have the same server, the last file
 * takes precedence.
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

/** Name of a client in the option `--from`. */
export type Client = keyof typeof PLACES;

export const CLIENTS = Object.keys(PLACES) as readonly Client[];

/** Whether `name` is a client that `--from` accepts. */
export function isClient(name: string): name is Client {
  return Object.hasOwn(PLACES, name);
}

/** Returns all files in which these clients may have servers. Does not check whether the files exist. */
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

/** Returns the user's home folder: the value of the environment variable, or else what the system says. */
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
