import { realpathSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { SwitchyardError } from '../../../shared/errors.ts';
import { readLocalConfig } from '../../local-config/read-local-config.ts';
import { ask, type Terminal } from './ask.ts';
import type { Machine } from './client-files.ts';
import { describeServers } from './describe-servers.ts';
import type { TrustBook } from './trust-book.ts';
import { quoted } from './visible-text.ts';

/** A configuration file that the command may use. */
export interface ChosenFile {
  readonly path: string;
  /**
   * The digest of the approved content. The manager refuses a file that has another digest. Null for a file of the
   * user, which needs no approval.
   */
  readonly digest: string | null;
}

/** What is needed to ask the user, and the user's earlier approvals. */
export interface TrustDeps extends Machine {
  readonly book: TrustBook;
  /** Whether `--trust` is given. If so, the file is used this time without a question, and no approval is stored. */
  readonly isTrusted: boolean;
  readonly terminal: Terminal | null;
}

/**
 * Returns a configuration file of a project if the user has approved its content. Asks the user if there is no approval
 * yet. Rejects with OPTIONS_INVALID if there is no terminal to ask on, and with CONFIG_INVALID if the answer is no or
 * the file cannot be read.
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
      `${shown} came with this folder, and its servers have not been approved: ` +
        `run this command once on a terminal, or give \`--config ${shown}\` or \`--trust\`.`,
    );
  }
  const isYes = await ask(
    `\nThe file ${quoted(path)} has servers that have not been approved in this form:\n\n` +
      `${describeServers(path, config, cwd)}\n` +
      'Check yourself what is not shown here: scripts and packages that these commands run, and what servers say.\n' +
      `Use ${servers.length === 1 ? 'this server' : `these ${servers.length} servers`} of ${shown}? ` +
      'The answer applies until the file changes. [y/N] ',
    terminal,
  );
  if (!isYes) throw new SwitchyardError('CONFIG_INVALID', `${shown} is not used, and nothing was started.`);
  book.add(path, digest);
  return chosen;
}
