import { createReadStream } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { codeOf, messageOf, SwitchyardError } from '../../shared/errors.ts';
import type { ConfigProblem } from './config-problem.ts';
import { type LocalConfig, parseLocalConfig } from './local-config.ts';
import type { LocalServer } from './server-entry.ts';

const MAX_BYTES = 4 * 1024 * 1024;

/** Folders in which editors keep a workspace's settings: the workspace is what they are in. */
const SETTINGS_FOLDERS: ReadonlySet<string> = new Set(['.cursor', '.vscode']);

type Variables = Readonly<Record<string, string>>;

/**
 * Reads a file of local connectors as {@link parseLocalConfig} does, with what its `envFile`s hold; an entry's own `env` wins over those.
 * Relative paths start at the file's folder, or the workspace of a `.vscode` or `.cursor` folder. Rejects with CONFIG_INVALID where the
 * file cannot be read, is no UTF-8 or larger than 4 MiB, or says nothing that is known.
 */
export async function readLocalConfig(
  path: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<LocalConfig> {
  const text = await readText(path).catch((cause: unknown) => {
    throw new SwitchyardError('CONFIG_INVALID', `${path} cannot be used: ${reasonOf(cause)}.`, {
      cause,
      detail: { source: path },
    });
  });
  const { servers, problems } = parseLocalConfig(text, { source: path, env, folder: workspaceOf(path) });
  const read = await withEnvFiles(servers);
  return { servers: read.servers, problems: [...problems, ...read.problems] };
}

/** Servers with what their `envFile`s hold besides their own `env`. One whose file cannot be used is left out, saying so. Never rejects. */
export async function withEnvFiles(given: readonly LocalServer[]): Promise<LocalConfig> {
  const files = new Map<string, Promise<Variables>>();
  const servers: LocalServer[] = [];
  const problems: ConfigProblem[] = [];
  for (const server of given) {
    try {
      servers.push(await withVariables(server, files));
    } catch (error) {
      problems.push(envFileProblem(server, error));
    }
  }
  return { servers, problems };
}

/** The folder that a file speaks of: its own, or the workspace of a `.vscode` or `.cursor` folder. */
export function workspaceOf(path: string): string {
  const folder = dirname(resolve(path));
  return SETTINGS_FOLDERS.has(basename(folder)) ? dirname(folder) : folder;
}

async function withVariables(server: LocalServer, files: Map<string, Promise<Variables>>): Promise<LocalServer> {
  const { command, envFile } = server;
  if (command === null || envFile === null) return server;
  const reading = files.get(envFile) ?? readVariables(envFile);
  files.set(envFile, reading);
  return { ...server, command: { ...command, env: { ...(await reading), ...command.env } } };
}

async function readVariables(path: string): Promise<Variables> {
  const variables = Object.entries(parseEnv(await readText(path))).map(([name, value]) => [name, value ?? ''] as const);
  if (variables.some(([name, value]) => `${name}${value}`.includes('\0'))) throw new Error('it holds a NUL character');
  return Object.fromEntries(variables);
}

async function readText(path: string): Promise<string> {
  const chunks: Buffer[] = [];
  // One byte more than allowed tells that there is more.
  for await (const chunk of createReadStream(path, { end: MAX_BYTES })) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  if (bytes.length > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}

function envFileProblem({ place, line, column }: LocalServer, error: unknown): ConfigProblem {
  const at = `${place}.envFile`;
  const message = `${at} cannot be used: ${reasonOf(error)}. The server is left out.`;
  return { severity: 'error', place: at, line, column, message };
}

function reasonOf(error: unknown): string {
  switch (codeOf(error)) {
    case null:
      return messageOf(error);
    case 'ENOENT':
      return 'there is no such file (ENOENT)';
    case 'EACCES':
      return 'it may not be read (EACCES)';
    case 'EISDIR':
      return 'it is a folder (EISDIR)';
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return 'it is not UTF-8';
    default:
      return `reading it failed (${codeOf(error)})`;
  }
}
