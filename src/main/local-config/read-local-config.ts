import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { SwitchyardError } from '../../shared/errors.ts';
import type { ConfigProblem } from './config-problem.ts';
import type { LocalServer } from './entry/server-entry.ts';
import { FilesRead } from './files-read.ts';
import { type LocalConfig, parseLocalConfig } from './local-config.ts';
import { reasonOf } from './read-file.ts';
import { workspaceOf } from './workspace.ts';

const MAX_BYTES = 4 * 1024 * 1024;

/** The most that a `{file:path}` may hold, and how many of them a file may name. */
const MAX_NAMED_BYTES = 64 * 1024;
const MAX_NAMED_FILES = 64;

type Variables = Readonly<Record<string, string>>;

/** What a configuration file says, and the files that it reads besides itself. */
export interface LocalConfigFile extends LocalConfig {
  /** Those that an `envFile` or a `{file:path}` names; absolute paths. */
  readonly otherFiles: readonly string[];
  /** The text of the file itself. */
  readonly text: string;
  /**
   * A SHA-256 over the path and the bytes of this file and each of `otherFiles`, the project's folder, and the places
   * of the servers that were found. The bytes are those that `servers` were read from.
   */
  readonly digest: string;
}

/**
 * Reads a file of local connectors as {@link parseLocalConfig} does, with what its `envFile`s and `{file:path}`s hold;
 * an entry's own `env` wins over an `envFile`. Relative paths start at the file's folder, or the workspace of a
 * `.vscode`, `.cursor` or the like. `project` is the folder whose servers count in `~/.claude.json`; it defaults to
 * the current one. Rejects with CONFIG_INVALID where the file cannot be read, is neither UTF-8 nor UTF-16 or larger
 * than 4 MiB, or has no servers.
 */
export async function readLocalConfig(
  path: string,
  env: Readonly<Record<string, string | undefined>>,
  project: string = process.cwd(),
): Promise<LocalConfigFile> {
  const files = new FilesRead();
  const text = await files.text(path, MAX_BYTES).catch((cause: unknown) => {
    throw new SwitchyardError('CONFIG_INVALID', `${path} cannot be used: ${reasonOf(cause)}.`, {
      cause,
      detail: { source: path },
    });
  });
  const folder = workspaceOf(path);
  const named = await readNamedFiles(text, folder, files);
  const { servers, problems } = parseLocalConfig(text, { source: path, env, folder, project, files: named.contents });
  const read = await withEnvFiles(servers, files);
  const envFiles = servers.flatMap(({ envFile }) => (envFile === null ? [] : [envFile]));
  return {
    servers: read.servers,
    problems: [...problems, ...read.problems],
    otherFiles: [...new Set([...named.paths, ...envFiles])],
    text,
    digest: files.digest([project, ...read.servers.map(({ place }) => place)]),
  };
}

/**
 * Servers with what their `envFile`s hold besides their own `env`. One whose file cannot be used is left out, saying
 * so. Never rejects.
 */
export async function withEnvFiles(
  given: readonly LocalServer[],
  files: FilesRead = new FilesRead(),
): Promise<LocalConfig> {
  const known = new Map<string, Promise<Variables>>();
  const variablesOf = (path: string): Promise<Variables> => {
    const reading = known.get(path) ?? readVariables(path, files);
    known.set(path, reading);
    return reading;
  };
  const servers: LocalServer[] = [];
  const problems: ConfigProblem[] = [];
  for (const server of given) {
    try {
      servers.push(await withVariables(server, variablesOf));
    } catch (error) {
      problems.push(envFileProblem(server, error));
    }
  }
  return { servers, problems };
}

async function withVariables(
  server: LocalServer,
  variablesOf: (path: string) => Promise<Variables>,
): Promise<LocalServer> {
  const { command, envFile } = server;
  if (command === null || envFile === null) return server;
  return { ...server, command: { ...command, env: { ...(await variablesOf(envFile)), ...command.env } } };
}

async function readVariables(path: string, files: FilesRead): Promise<Variables> {
  const parsed = parseEnv(await files.text(path, MAX_BYTES));
  const variables = Object.entries(parsed).map(([name, value]) => [name, value ?? ''] as const);
  if (variables.some(([name, value]) => `${name}${value}`.includes('\0'))) throw new Error('it holds a NUL character');
  return Object.fromEntries(variables);
}

/**
 * The contents of the files that a text names as OpenCode does, by the path as it is written; null for one that cannot
 * be read.
 */
async function readNamedFiles(
  text: string,
  folder: string,
  files: FilesRead,
): Promise<{ readonly contents: ReadonlyMap<string, string | null>; readonly paths: readonly string[] }> {
  const names = [...text.matchAll(/\{file:([^{}"\n]{1,1024})\}/g)].map(([, name = '']) => name);
  const unique = [...new Set(names)].slice(0, MAX_NAMED_FILES);
  const pathOf = (name: string): string => resolve(folder, name.trim().replace(/^~(?=$|[\\/])/, homedir()));
  const read = unique.map(async (name) => {
    const content = await files.text(pathOf(name), MAX_NAMED_BYTES).catch(() => null);
    return [name, content] as const;
  });
  return { contents: new Map(await Promise.all(read)), paths: unique.map(pathOf) };
}

function envFileProblem({ source, place, line, column }: LocalServer, error: unknown): ConfigProblem {
  const at = `${place}.envFile`;
  const message = `${at} cannot be used: ${reasonOf(error)}. The server is left out.`;
  return { severity: 'error', source, place: at, line, column, message };
}
