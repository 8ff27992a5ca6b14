import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { codeOf } from '../../shared/errors.ts';
import { say } from './terminal/output.ts';

/** Options for the state folder. */
export interface StateOptions {
  /** Path of the state folder (`--state-dir`). By default, each user has a separate folder. */
  readonly stateDir?: string | undefined;
  /** Whether to use a state folder: false with `--no-state`. Defaults to true. */
  readonly state?: boolean;
}

/**
 * Returns the path of the state folder: the one that the options name, or else the default folder of the user. Returns
 * undefined with `--no-state`. Does not access the file system.
 */
export function stateDirOf({ stateDir, state = true }: StateOptions): string | undefined {
  return state ? (stateDir ?? defaultStateDir(process.env)) : undefined;
}

/**
 * Returns the path of a state folder that a manager can use. If it is the default folder, creates it for this user
 * only. If that fails, prints a warning and returns undefined, so that the command runs without a state folder.
 */
export function usableStateDir(options: StateOptions): string | undefined {
  const folder = stateDirOf(options);
  // A folder that the user has named is not checked here, because the store reports problems with it.
  if (folder === undefined || options.stateDir !== undefined) return folder;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return folder;
  } catch (error) {
    say(
      `The state folder ${folder} cannot be used (${codeOf(error) ?? 'unknown'}), so nothing is remembered. ` +
        'Name another with --state-dir, or give --no-state.',
    );
    return undefined;
  }
}

/**
 * Returns `$XDG_STATE_HOME/mcp-switchyard` or, if that variable is not an absolute path,
 * `~/.local/state/mcp-switchyard`.
 */
function defaultStateDir({ XDG_STATE_HOME = '' }: NodeJS.ProcessEnv): string {
  const base = isAbsolute(XDG_STATE_HOME) ? XDG_STATE_HOME : join(homedir(), '.local', 'state');
  return join(base, 'mcp-switchyard');
}
