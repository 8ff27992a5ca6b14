import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SwitchyardError } from '../../../shared/errors.ts';
import type { Client } from './client-files.ts';
import { existingFiles, readFound } from './find-files.ts';
import { type ChosenFile, type TrustDeps, trustFile } from './trust-file.ts';

/**
 * Configuration files of a project. If the command line names no source, the first of these files that exists is used.
 */
const PROJECT_FILES = ['.mcp.json', '.vscode/mcp.json', '.cursor/mcp.json'] as const;

/** Configuration files that were found, to be used together with the files that the command line names. */
export interface ChosenFiles {
  readonly files: readonly ChosenFile[];
  /** Sentences that tell the user which files are not used, and why. */
  readonly notes: readonly string[];
}

/** Returns the configuration file in the current folder, if there is one. Rejects as {@link trustFile} does. */
export async function chooseProjectFile(deps: TrustDeps): Promise<ChosenFiles> {
  const path = PROJECT_FILES.map((name) => join(deps.cwd, name)).find((candidate) => existsSync(candidate));
  return { files: path === undefined ? [] : [await trustFile(path, deps)], notes: [] };
}

/**
 * Returns the configuration files of these clients, without files that have no servers. Files of the user are used
 * without a question. Files in the current folder need the user's approval. Rejects with OPTIONS_INVALID if no file has
 * servers, and as {@link trustFile} does.
 */
export async function chooseClientFiles(clients: readonly Client[], deps: TrustDeps): Promise<ChosenFiles> {
  const files: ChosenFile[] = [];
  const notes: string[] = [];
  // One file at a time, because each may need to ask the user on the same terminal.
  for (const file of existingFiles(clients, deps)) {
    const { servers, problem } = await readFound(file, deps);
    if (problem !== null) notes.push(`--from leaves out a file of ${file.client}: ${problem}`);
    else if (servers.length === 0) notes.push(`--from leaves out ${file.path}: it has no servers that can be used`);
    else files.push(file.level === 'user' ? { path: file.path, digest: null } : await trustFile(file.path, deps));
  }
  if (files.length > 0) return { files, notes };
  const why = notes.map((note) => ` ${note}.`).join('');
  throw new SwitchyardError(
    'OPTIONS_INVALID',
    `--from ${clients.join(',')}: no servers were found; \`mcp-switchyard discover\` lists all files.${why}`,
  );
}
