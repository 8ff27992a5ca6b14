import { resolve } from 'node:path';
import { type ConfigProblem, ConfigProblems } from './config-problem.ts';
import { ConfigDocument, type Position } from './document/config-document.ts';
import type { ServerNode } from './entry/entry-draft.ts';
import { type LocalServer, readServer } from './entry/server-entry.ts';
import type { VariableScope } from './entry/variables.ts';
import { type FoundServers, findServers } from './shapes/find-servers.ts';

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
  /** Null where it has an error, or cannot be used here. */
  readonly server: LocalServer | null;
  readonly problems: readonly ConfigProblem[];
}

export interface LocalConfigOptions {
  /** The name of the file, for messages. Its extension says the format; where it says none, the text does. */
  readonly source: string;
  /** Where `${NAME}` comes from; null leaves what stands for a variable as it is written. */
  readonly env: VariableScope['env'];
  /** `${workspaceFolder}`, and where relative paths start. */
  readonly folder: string;
  /**
   * The folder whose servers count in a file that has them for several, as `~/.claude.json` does. Defaults to
   * `folder`.
   */
  readonly project?: string | undefined;
  /** What the files hold that the text names as `{file:path}`, by that path. Defaults to none. */
  readonly files?: VariableScope['files'];
}

/**
 * Reads a file of local connectors, whichever client it is of (docs/local-configuration.md). A server with an error is
 * left out, saying so, and the others stay. What `envFile` names is not read, and no command is run. Throws
 * CONFIG_INVALID, with line and column, where the text is not of its format or has no servers.
 */
export function parseLocalConfig(text: string, options: LocalConfigOptions): LocalConfig {
  const { members, problems } = readMembers(text, options);
  return { servers: members.flatMap(({ server }) => (server === null ? [] : [server])), problems };
}

/** The same, member by member in the order they are written; `problems` has those of all. */
export function readMembers(
  text: string,
  options: LocalConfigOptions,
): { readonly members: readonly ReadMember[]; readonly problems: readonly ConfigProblem[] } {
  const { source, env, folder, project = folder, files } = options;
  const document = new ConfigDocument(text, source);
  const problems = new ConfigProblems(document);
  const placeOfId = new Map<string, string>();
  const groups = withoutRepeated(findServers(document, resolve(project)), problems);
  const members = groups.flatMap((group) =>
    group.servers.map((node): ReadMember => {
      const before = problems.list.length;
      const server = readUnique(node, group);
      const own = problems.list.slice(before);
      return { name: node.name, place: node.place, server, problems: own, ...problems.positionOf(node.key) };
    }),
  );
  return { members, problems: problems.list };

  function readUnique(node: ServerNode, group: FoundServers): LocalServer | null {
    const { place, key } = node;
    if (node.isRepeated) {
      problems.error(place, key, 'is there twice; the first one counts');
      return null;
    }
    const server = readServer(node, problems, { env, folder: group.folder ?? folder, files }, group.translate);
    if (server === null) return null;
    const { id } = server.entry;
    const other = placeOfId.get(id);
    if (other !== undefined) {
      problems.error(place, key, `has the id ${id}, which ${other} has already; rename one of them`);
      return null;
    }
    placeOfId.set(id, place);
    return server;
  }
}

/** Of two groups in one place the first counts. */
function withoutRepeated(groups: readonly FoundServers[], problems: ConfigProblems): FoundServers[] {
  const seen = new Set<string>();
  return groups.filter(({ place, node }) => {
    const isNew = !seen.has(place);
    if (!isNew) problems.error(place, node, 'is there twice; the first one counts');
    seen.add(place);
    return isNew;
  });
}
