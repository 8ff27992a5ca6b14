import type { ConfigDocument } from '../document/config-document.ts';
import type { EntryDraft } from '../entry/entry-draft.ts';
import { amp, bare, mcpServers } from './mcp-servers/mcp-servers.ts';
import { codex } from './other-keys/codex.ts';
import { continueDev } from './other-keys/continue.ts';
import { crush } from './other-keys/crush.ts';
import { dockerCatalog } from './other-keys/docker-catalog.ts';
import { goose } from './other-keys/goose.ts';
import { opencode } from './other-keys/opencode.ts';
import { serverJson } from './other-keys/server-json.ts';
import { vscode } from './other-keys/vscode.ts';
import { zed } from './other-keys/zed.ts';
import type { ServerGroup, Shape, ShapeContext } from './shape.ts';

/**
 * The file formats of all known clients. One file may contain servers in several of them, such as `mcpServers` and
 * `servers`.
 */
const SHAPES: readonly Shape[] = [
  mcpServers,
  vscode,
  amp,
  opencode,
  crush,
  codex,
  zed,
  continueDev,
  goose,
  dockerCatalog,
  serverJson,
];

/** A group of servers in a file, with the function that renames their members to the names that this package uses. */
export interface FoundServers extends ServerGroup {
  readonly translate: (draft: EntryDraft) => void;
}

const FORMS = [
  '{ "mcpServers": {…} } (Claude, Cursor and most others)',
  '{ "servers": {…} } or { "mcp": { "servers": {…} } } (VS Code)',
  '{ "mcp": {…} } (OpenCode, Crush)',
  '[mcp_servers.…] (Codex)',
  '{ "context_servers": {…} } (Zed)',
  'extensions (Goose)',
  'registry (Docker)',
  'packages or remotes (server.json)',
  'servers without a wrapper',
].join(', ');

/**
 * Finds the servers of a file by its content, in the order of the file. Throws CONFIG_INVALID, with line and column, if
 * the file has no servers in any known shape, or has something else where servers should be.
 */
export function findServers(document: ConfigDocument, project: string): FoundServers[] {
  const { root, format } = document;
  const context: ShapeContext = { root, format, project };
  const find = (shape: Shape): FoundServers[] =>
    shape.find(root, context).map((group) => ({ ...group, translate: (draft) => shape.translate(draft, context) }));
  const found = SHAPES.flatMap(find);
  const wrong = found.find(({ node }) => node.type !== 'object' && node.type !== 'array');
  const wrongList = found.find(({ node, servers }) => node.type === 'array' && servers.length === 0);
  const misplaced = wrong ?? wrongList;
  if (misplaced !== undefined)
    throw document.invalid(misplaced.node.offset, `${misplaced.place} must be an object that contains servers by name`);
  const all = found.length > 0 ? found.toSorted((a, b) => a.node.offset - b.node.offset) : find(bare);
  if (all.length > 0) return all;
  throw document.invalid(root.offset, `there are no servers in it; the known forms are ${FORMS}`);
}
