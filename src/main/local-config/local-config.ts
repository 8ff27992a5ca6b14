import type { Node } from 'jsonc-parser';
import { ConfigDocument, type Member, membersOf, type Position } from './config-document.ts';
import { type ConfigProblem, ConfigProblems, keyPlace } from './config-problem.ts';
import { type LocalServer, readServer } from './server-entry.ts';
import type { VariableScope } from './variables.ts';

/** What a file of local connectors says. */
export interface LocalConfig {
  readonly servers: readonly LocalServer[];
  readonly problems: readonly ConfigProblem[];
}

/** What became of one member of a file. */
export interface ReadMember extends Position {
  readonly name: string;
  /** `mcpServers["x"]`. */
  readonly place: string;
  /** Null where it has an error. */
  readonly server: LocalServer | null;
  readonly problems: readonly ConfigProblem[];
}

export interface LocalConfigOptions {
  /** The name of the file, for messages. */
  readonly source: string;
  /** Where `${NAME}` comes from; null leaves what stands for a variable as it is written. */
  readonly env: VariableScope['env'];
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
export function parseLocalConfig(text: string, options: LocalConfigOptions): LocalConfig {
  const { members, problems } = readMembers(text, options);
  return { servers: members.flatMap(({ server }) => (server === null ? [] : [server])), problems };
}

/** The same, member by member in the order they are written; `problems` has those of all. */
export function readMembers(
  text: string,
  { source, env, folder }: LocalConfigOptions,
): { readonly members: readonly ReadMember[]; readonly problems: readonly ConfigProblem[] } {
  const document = new ConfigDocument(text.replace(/^\ufeff/, ''), source);
  const problems = new ConfigProblems(document);
  const nameOfId = new Map<string, string>();
  const members = serversObjects(document, problems).flatMap(({ place: base, node }) =>
    membersOf(node).map((member): ReadMember => {
      const place = keyPlace(base, member.name);
      const before = problems.list.length;
      const server = readUnique(member, base, place);
      const own = problems.list.slice(before);
      return { name: member.name, place, server, problems: own, ...problems.positionOf(member.key) };
    }),
  );
  return { members, problems: problems.list };

  function readUnique(member: Member, base: string, place: string): LocalServer | null {
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
