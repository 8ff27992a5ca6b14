import { resolve } from 'node:path';
import { type ConfigProblem, ConfigProblems } from './config-problem.ts';
import { ConfigDocument, type Position } from './document/config-document.ts';
import type { ServerNode } from './entry/entry-draft.ts';
import { type LocalServer, readServer } from './entry/server-entry.ts';
import type { VariableScope } from './entry/variables.ts';
import { type FoundServers, findServers } from './shapes/find-servers.ts';

/** The servers and problems that were found in a configuration file. */
export interface LocalConfig {
  readonly servers: readonly LocalServer[];
  readonly problems: readonly ConfigProblem[];
}

/** Result of reading one member of a configuration file. */
export interface ReadMember extends Position {
  readonly name: string;
  /** Place of the member, such as `mcpServers["x"]`. */
  readonly place: string;
  /** The server that the member defines; null if it has an error or cannot be used by this package. */
  readonly server: LocalServer | null;
  readonly problems: readonly ConfigProblem[];
}

export interface LocalConfigOptions {
  /**
   * Name of the file, for messages. Its extension determines the format. If the extension is unknown, the format is
   * detected from the text.
   */
  readonly source: string;
  /** Environment variables for `${NAME}`. If null, variables stay unchanged. */
  readonly env: VariableScope['env'];
  /** Value of `${workspaceFolder}`, and the base of relative paths. */
  readonly folder: string;
  /**
   * Some files, such as `~/.claude.json`, have servers for several folders. This is the folder whose servers are used.
   * Defaults to `folder`.
   */
  readonly project?: string | undefined;
  /** Contents of the files that the text refers to as `{file:path}`, by their path. Defaults to none. */
  readonly files?: VariableScope['files'];
}

/**
 * Parses a configuration file of any known client (docs/local-configuration.md). A server with an error is left out and
 * reported as a problem; the other servers are still returned. Neither reads an `envFile` nor runs a command. Throws
 * CONFIG_INVALID, with line and column, if the text is not valid in its format or has no servers.
 */
export function parseLocalConfig(text: string, options: LocalConfigOptions): LocalConfig {
  const { members, problems } = readMembers(text, options);
  return { servers: members.flatMap(({ server }) => (server === null ? [] : [server])), problems };
}

/**
 * Parses a file like {@link parseLocalConfig}, but returns one result for each member, in the order of the file.
 * `problems` has the problems of all members.
 */
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
      problems.error(place, key, 'is defined twice; only the first definition is used');
      return null;
    }
    const server = readServer(node, problems, { env, folder: group.folder ?? folder, files }, group.translate);
    if (server === null) return null;
    const { id } = server.entry;
    const other = placeOfId.get(id);
    if (other !== undefined) {
      problems.error(place, key, `has the id ${id}, which ${other} already has; rename one of them`);
      return null;
    }
    placeOfId.set(id, place);
    return server;
  }
}

/** Drops each group that has the same place as an earlier group, and reports it as an error. */
function withoutRepeated(groups: readonly FoundServers[], problems: ConfigProblems): FoundServers[] {
  const seen = new Set<string>();
  return groups.filter(({ place, node }) => {
    const isNew = !seen.has(place);
    if (!isNew) problems.error(place, node, 'is defined twice; only the first definition is used');
    seen.add(place);
    return isNew;
  });
}
