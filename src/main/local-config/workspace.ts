import { basename, dirname, join, resolve } from 'node:path';

/** Names of folders in which clients keep their settings. The parent folder of such a folder is a workspace. */
const SETTINGS_FOLDERS: ReadonlySet<string> = new Set([
  '.amp',
  '.codex',
  '.copilot',
  '.cursor',
  '.factory',
  '.gemini',
  '.roo',
  '.vscode',
  '.warp',
  '.zed',
  join('.continue', 'mcpServers'),
  join('.junie', 'mcp'),
  join('.kiro', 'settings'),
]);

/**
 * Returns the base of relative paths in a file. This is the workspace if the file is in a settings folder of a client,
 * otherwise the folder of the file.
 */
export function workspaceOf(path: string): string {
  const folder = dirname(resolve(path));
  if (SETTINGS_FOLDERS.has(basename(folder))) return dirname(folder);
  const parent = dirname(folder);
  return SETTINGS_FOLDERS.has(join(basename(parent), basename(folder))) ? dirname(parent) : folder;
}
