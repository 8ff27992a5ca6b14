import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SwitchyardError } from '../../../shared/errors.ts';
import type { Client } from './client-files.ts';
import { existingFiles, readFound } from './find-files.ts';
import { type ChosenFile, type TrustDeps, trustFile } from './trust-file.ts';

/** Files of a project; the first one that exists is used if the command line names no source. */
const PROJECT_FILES = ['.mcp.json', '.vscode/mcp.json', '.cursor/mcp.json'] as const;

/** Files that a command uses in addition to the files that its command line names. */
export interface ChosenFiles {
  readonly files: readonly ChosenFile[];
  /** Notes for the user about files that are not used. */
  readonly notes: readonly string[];
}

/** Returns the file of the current folder, if it has one. Rejects as {@link trustFile} does. */
export async function chooseProjectFile(deps: TrustDeps): Promise<ChosenFiles> {
  const path = PROJECT_FILES.map((name) => join(deps.cwd, name)).find((candidate) => existsSync(candidate));
  return { files: path === undefined ? [] : [await trustFile(path, deps)], notes: [] };
}

/**
 * Returns the files of these clients that have servers. The user's own files are used without a question; the user is
 * asked about files of the current folder. Rejects with OPTIONS_INVALID if no file has servers, and as {@link
 * trustFile} does.
 */
export async function chooseClientFiles(clients: readonly Client[], deps: TrustDeps): Promise<ChosenFiles> {
  const files: ChosenFile[] = [];
  const notes: string[] = [];
  // The files are handled one after the other, because there is only one terminal for questions.
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
    `--from ${clients.join(',')}: nothing was found; \`mcp-switchyard discover\` lists what there is.${why}`,
  );
}
