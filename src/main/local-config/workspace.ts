import { basename, dirname, join, resolve } from 'node:path';

/** Folders in which clients keep a workspace's settings: the workspace is what they are in. */
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

/** The folder that a file speaks of: its own, or the workspace of a client's settings folder in it. */
export function workspaceOf(path: string): string {
  const folder = dirname(resolve(path));
  if (SETTINGS_FOLDERS.has(basename(folder))) return dirname(folder);
  const parent = dirname(folder);
  return SETTINGS_FOLDERS.has(join(basename(parent), basename(folder))) ? dirname(parent) : folder;
}
