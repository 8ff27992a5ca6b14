import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Returns the path of the registry: `$CORTEX_HOME/mcp/servers.json`, else
 * `$XDG_CONFIG_HOME/cortex-os/mcp/servers.json`, else the same below `~/.config`.
 */
export function registryPath(env: NodeJS.ProcessEnv): string {
  const { CORTEX_HOME, XDG_CONFIG_HOME } = env;
  if (CORTEX_HOME) return join(CORTEX_HOME, 'mcp', 'servers.json');
  return join(XDG_CONFIG_HOME || join(homedir(), '.config'), 'cortex-os', 'mcp', 'servers.json');
}
