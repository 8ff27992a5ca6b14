import { basename, dirname, join, resolve } from 'node:path';

/** Settings folders of clients. The workspace is the folder that contains the settings folder. */
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
 * Returns the folder that a file refers to: its own, or the workspace if the file is in the settings folder of a
 * client.
 */
export function workspaceOf(path: string): string {
  const folder = dirname(resolve(path));
  if (SETTINGS_FOLDERS.has(basename(folder))) return dirname(folder);
  const parent = dirname(folder);
  return SETTINGS_FOLDERS.has(join(basename(parent), basename(folder))) ? dirname(parent) : folder;
}
