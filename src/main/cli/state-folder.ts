import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { codeOf } from '../../shared/errors.ts';
import { say } from './terminal/output.ts';

/** Options about the state folder. */
export interface StateOptions {
  /** The folder of `--state-dir`. */
  readonly stateDir?: string | undefined;
  /** False with `--no-state`. Defaults to true. */
  readonly state?: boolean;
}

/**
 * Returns the state folder: the named folder, or else this user's default folder; undefined with `--no-state`. Does no
 * I/O.
 */
export function stateDirOf({ stateDir, state = true }: StateOptions): string | undefined {
  return state ? (stateDir ?? defaultStateDir(process.env)) : undefined;
}

/**
 * Returns the state folder for a manager. Creates this user's default folder if necessary, accessible only to this
 * user. If that fails, says so on stderr and returns undefined, so that nothing is remembered.
 */
export function usableStateDir(options: StateOptions): string | undefined {
  const folder = stateDirOf(options);
  // If the user named the folder, the store itself reports its problems.
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

/** Returns `$XDG_STATE_HOME/mcp-switchyard`, else `~/.local/state/mcp-switchyard`. A relative variable is ignored. */
function defaultStateDir({ XDG_STATE_HOME = '' }: NodeJS.ProcessEnv): string {
  const base = isAbsolute(XDG_STATE_HOME) ? XDG_STATE_HOME : join(homedir(), '.local', 'state');
  return join(base, 'mcp-switchyard');
}
