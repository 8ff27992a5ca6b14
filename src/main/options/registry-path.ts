import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { STORE_FILE } from '../../shared/servers/store-notes.ts';

/** Which product's names are used: those of the replaced product or, if null, those of this package. */
export type Compat = 'cortex-os' | null;

let hasWarned = false;

/**
 * Returns the path of the registry's `servers.json`. If `CORTEX_HOME` is set, this is `$CORTEX_HOME/mcp/servers.json`.
 * Otherwise it is `mcp-switchyard/servers.json` in `$XDG_CONFIG_HOME`, which defaults to `~/.config`. With `compat`, or
 * if only the registry of the replaced product exists, it is `cortex-os/mcp/servers.json` in that folder. If both
 * registries exist, the one of this package is used, and the process warns once.
 */
export function registryPath(env: NodeJS.ProcessEnv, compat: Compat = null): string {
  const { CORTEX_HOME, XDG_CONFIG_HOME } = env;
  if (CORTEX_HOME) return join(CORTEX_HOME, 'mcp', 'servers.json');
  const config = XDG_CONFIG_HOME || join(homedir(), '.config');
  const old = join(config, 'cortex-os', 'mcp', 'servers.json');
  const own = join(config, 'mcp-switchyard', 'servers.json');
  if (compat !== null) return old;
  if (!exists(old)) return own;
  if (!exists(own)) return old;
  if (!hasWarned) {
    hasWarned = true;
    const message = `There are two server registries. ${own} is used, and ${old} is ignored: merge or delete it.`;
    process.emitWarning(message, { code: 'SWITCHYARD_TWO_REGISTRIES' });
  }
  return own;
}

/** Whether a registry exists. The store next to the file is enough, because the file may be missing for a moment. */
function exists(path: string): boolean {
  return existsSync(path) || existsSync(join(dirname(path), STORE_FILE));
}
