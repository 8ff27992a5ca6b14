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

/** Limits for `{file:path}`: the size of one such file, and the number of such files in one configuration file. */
const MAX_NAMED_BYTES = 64 * 1024;
const MAX_NAMED_FILES = 64;

type Variables = Readonly<Record<string, string>>;

/** The servers of a configuration file, including settings from the other files that it refers to. */
export interface LocalConfigFile extends LocalConfig {
  /** Absolute paths of the files that an `envFile` or a `{file:path}` refers to. */
  readonly otherFiles: readonly string[];
  /** Text of the configuration file. */
  readonly text: string;
  /**
   * SHA-256 over the paths of this file and of `otherFiles`, the bytes from which `servers` were read, the folder
   * `project`, and the places of the servers.
   */
  readonly digest: string;
}

/**
 * Reads and parses a configuration file as {@link parseLocalConfig} does, and also reads each `envFile` and
 * `{file:path}`. The `env` of an entry takes precedence over its `envFile`. Relative paths start at the folder of the
 * file. If that is a settings folder such as `.vscode` or `.cursor`, they start at the workspace instead. From
 * `~/.claude.json`, the servers of the folder `project` are used, which defaults to the current folder. Rejects with
 * CONFIG_INVALID if the file cannot be read, is neither UTF-8 nor UTF-16, is larger than 4 MiB, or has no servers.
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
 * Adds to each server the variables from its `envFile`. The server's own `env` takes precedence. A server whose
 * `envFile` cannot be used is left out and reported as a problem. Never rejects.
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
  if (variables.some(([name, value]) => `${name}${value}`.includes('\0')))
    throw new Error('it contains a NUL character');
  return Object.fromEntries(variables);
}

/**
 * Reads the files that `text` refers to as `{file:path}`, which is the notation of OpenCode. The key of `contents` is
 * the path as it is in `text`. The content is null for a file that cannot be read.
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
