import type { Node } from 'jsonc-parser';
import { ConfigDocument, type Member, membersOf } from './config-document.ts';
import { type ConfigProblem, ConfigProblems, keyPlace } from './config-problem.ts';
import { type LocalServer, readServer } from './server-entry.ts';

/** What a file of local connectors says. */
export interface LocalConfig {
  readonly servers: readonly LocalServer[];
  readonly problems: readonly ConfigProblem[];
}

export interface LocalConfigOptions {
  /** The name of the file, for messages. */
  readonly source: string;
  /** Where `${NAME}` comes from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `${workspaceFolder}`, and where relative paths start. */
  readonly folder: string;
}

/** An object of servers, and how to name it. */
interface ServersObject {
  readonly place: string;
  readonly node: Node;
}

/**
 * Reads an `mcpServers` file as Claude Desktop, Claude Code and Cursor write it, or VS Code's `mcp.json` and `settings.json`. A server with an
 * error is left out, saying so, and the others stay. What `envFile` names is not read. Throws CONFIG_INVALID, with line and column,
 * where the text is not JSON (comments and trailing commas aside) or has no object of servers.
 */
export function parseLocalConfig(text: string, { source, env, folder }: LocalConfigOptions): LocalConfig {
  const document = new ConfigDocument(text.replace(/^\ufeff/, ''), source);
  const problems = new ConfigProblems(document);
  const nameOfId = new Map<string, string>();
  const servers = serversObjects(document, problems).flatMap(({ place, node }) =>
    membersOf(node).flatMap((member) => {
      const server = readUnique(member, place);
      return server === null ? [] : [server];
    }),
  );
  return { servers, problems: problems.list };

  function readUnique(member: Member, base: string): LocalServer | null {
    const place = keyPlace(base, member.name);
    if (member.isRepeated) {
      problems.error(place, member.key, 'is there twice; the first one counts');
      return null;
    }
    const server = readServer(member, base, problems, { env, folder });
    if (server === null) return null;
    const { id } = server.entry;
    const other = nameOfId.get(id);
    if (other !== undefined) {
      problems.error(place, member.key, `has the id ${id}, which ${other} has already; rename one of them`);
      return null;
    }
    nameOfId.set(id, place);
    return server;
  }
}

const FORMS = '{ "mcpServers": {…} } (Claude, Cursor), { "servers": {…} } or { "mcp": { "servers": {…} } } (VS Code)';

function serversObjects(document: ConfigDocument, problems: ConfigProblems): ServersObject[] {
  const { root } = document;
  const found = root.type === 'object' ? membersOf(root).flatMap(formsOf) : [];
  const seen = new Set<string>();
  for (const { place, node } of found) {
    if (node.type !== 'object') throw document.invalid(node.offset, `${place} must be an object of servers`);
    if (seen.has(place)) problems.error(place, node, 'is there twice; the first one counts');
    seen.add(place);
  }
  if (found.length === 0)
    throw document.invalid(root.offset, `there are no servers in it; the forms known are ${FORMS}`);
  return found.filter(({ place }, index) => found.findIndex((other) => other.place === place) === index);
}

function formsOf({ name, value }: Member): ServersObject[] {
  if (name === 'mcpServers' || name === 'servers') return [{ place: name, node: value }];
  if (name === 'mcp.servers') return [{ place: 'mcp.servers', node: value }];
  if (name !== 'mcp' || value.type !== 'object') return [];
  return membersOf(value).flatMap((inner) =>
    inner.name === 'servers' ? [{ place: 'mcp.servers', node: inner.value }] : [],
  );
}
