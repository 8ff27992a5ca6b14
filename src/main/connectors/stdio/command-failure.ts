import { statSync } from 'node:fs';
import { codeOf, type ErrorDetail, rootReason, SwitchyardError } from '../../../shared/errors.ts';
import type { StdioCommand } from '../connection/local-entry.ts';
import type { ProcessExit } from './process-group.ts';

/**
 * Returns CONNECTOR_COMMAND_FAILED for a stdio server that could not be started. The message gives the reason and the
 * remedy.
 */
export function commandFailure({ command, cwd }: StdioCommand, cause: unknown): SwitchyardError {
  const errno = codeOf(cause);
  return new SwitchyardError(
    'CONNECTOR_COMMAND_FAILED',
    `Connector command ${JSON.stringify(command)} could not be started: ${reasonOf(errno, command, cwd, cause)}.`,
    { cause: withoutArguments(errno), detail: { command, ...(errno !== null && { errno }) } },
  );
}

/**
 * Returns a copy of Node's error without its `spawnargs`, which would put all arguments, even secret ones, into logs.
 */
function withoutArguments(errno: string | null): Error | undefined {
  return errno === null ? undefined : Object.assign(new Error(`spawn ${errno}`), { code: errno });
}

function reasonOf(errno: string | null, command: string, cwd: string | null, cause: unknown): string {
  // If the working folder is missing, Node's error wrongly blames the command.
  if (cwd !== null && !isFolder(cwd))
    return `its folder ${JSON.stringify(cwd)} (cwd) does not exist or is not a folder; correct or create it`;
  switch (errno) {
    case 'ENOENT':
      return /[\\/]/.test(command)
        ? 'the file does not exist, or the interpreter in its first line does not; correct the path'
        : 'it is not in PATH; install it, or give its full path';
    case 'EACCES':
      return 'it is not executable; make it executable (chmod +x), or use its interpreter as the command';
    case 'E2BIG':
      return 'its arguments and environment together are too long; shorten them';
    case 'ERR_INVALID_ARG_VALUE':
      return 'an argument or variable contains a NUL character; remove it';
    default:
      return errno ?? rootReason(cause);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * Returns CONNECTOR_EXITED for a stdio server that ended or closed its streams. `errorLine` is the line of its output
 * that says why.
 */
export function exitFailure({ command }: StdioCommand, exit: ProcessExit | null, errorLine: string): SwitchyardError {
  const detail: ErrorDetail = {
    command,
    ...(exit?.code != null && { code: exit.code }),
    ...(exit?.signal != null && { signal: exit.signal }),
    ...(errorLine !== '' && { stderr: errorLine }),
  };
  const why = errorLine === '' ? '.' : `: ${errorLine}`;
  return new SwitchyardError('CONNECTOR_EXITED', `Connector process ${JSON.stringify(command)} ${fateOf(exit)}${why}`, {
    detail,
  });
}

/** Returns TOOL_RESULT_TOO_LARGE for a stdio server whose message exceeds the cap. */
export function sizeFailure({ command }: StdioCommand, maxBytes: number): SwitchyardError {
  return new SwitchyardError(
    'TOOL_RESULT_TOO_LARGE',
    `Connector process ${JSON.stringify(command)} sent a message of more than ${maxBytes} bytes.`,
    { detail: { maxBytes } },
  );
}

function fateOf(exit: ProcessExit | null): string {
  if (exit === null) return 'closed its input or output';
  return exit.signal === null ? `exited with code ${exit.code}` : `was ended by ${exit.signal}`;
}
