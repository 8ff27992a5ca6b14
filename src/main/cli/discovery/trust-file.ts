import { realpathSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { SwitchyardError } from '../../../shared/errors.ts';
import { readLocalConfig } from '../../local-config/read-local-config.ts';
import { ask, type Terminal } from './ask.ts';
import type { Machine } from './client-files.ts';
import { describeServers } from './describe-servers.ts';
import type { TrustBook } from './trust-book.ts';
import { quoted } from './visible-text.ts';

/** A configuration file to use. */
export interface ChosenFile {
  readonly path: string;
  /** What it must still be when the manager reads it; null for a person's own file. */
  readonly digest: string | null;
}

/** Whom to ask, and what was answered before. */
export interface TrustDeps extends Machine {
  readonly book: TrustBook;
  /** `--trust`: the file is used this once without a question, and nothing is remembered. */
  readonly isTrusted: boolean;
  readonly terminal: Terminal | null;
}

/**
 * A project's file, if a person has said yes to it as it is now, or says so when asked. Rejects with OPTIONS_INVALID
 * where there is no terminal to ask on, and with CONFIG_INVALID where the answer is no or the file cannot be read.
 */
export async function trustFile(named: string, deps: TrustDeps): Promise<ChosenFile> {
  const { book, terminal, cwd } = deps;
  const path = realpathSync(named);
  const config = await readLocalConfig(path, deps.env, cwd);
  const { digest, servers } = config;
  const chosen = { path, digest };
  if (deps.isTrusted || servers.length === 0 || book.has(path, digest)) return chosen;
  const shown = `./${relative(cwd, named).replaceAll(sep, '/')}`;
  if (terminal === null) {
    throw new SwitchyardError(
      'OPTIONS_INVALID',
      `${shown} came with this folder, and nobody has said yet that its servers may be used: ` +
        `run this once on a terminal, or give \`--config ${shown}\` or \`--trust\`.`,
    );
  }
  const isYes = await ask(
    `\nThe file ${quoted(path)} has servers that nobody has said yes to, as they are now:\n\n` +
      `${describeServers(path, config, cwd)}\n` +
      'Not covered, so look at them yourself: scripts and packages that these commands run, and what servers say.\n' +
      `Use ${servers.length === 1 ? 'this server' : `these ${servers.length} servers`} of ${shown}? ` +
      'The answer holds until the file changes. [y/N] ',
    terminal,
  );
  if (!isYes) throw new SwitchyardError('CONFIG_INVALID', `${shown} is not used, and nothing was started.`);
  book.add(path, digest);
  return chosen;
}
