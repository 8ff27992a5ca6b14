import { statSync } from 'node:fs';
import { codeOf, type ErrorDetail, rootReason, SwitchyardError } from '../../../shared/errors.ts';
import type { StdioCommand } from '../connection/local-entry.ts';
import type { ProcessExit } from './process-group.ts';

/** CONNECTOR_COMMAND_FAILED for a program that could not be started, saying why and what to do. */
export function commandFailure({ command, cwd }: StdioCommand, cause: unknown): SwitchyardError {
  const errno = codeOf(cause);
  return new SwitchyardError(
    'CONNECTOR_COMMAND_FAILED',
    `Connector command ${JSON.stringify(command)} could not be started: ${reasonOf(errno, command, cwd, cause)}.`,
    { cause: withoutArguments(errno), detail: { command, ...(errno !== null && { errno }) } },
  );
}

/** Node's own error carries all arguments, `spawnargs`, which may hold secrets and would get into logs. */
function withoutArguments(errno: string | null): Error | undefined {
  return errno === null ? undefined : Object.assign(new Error(`spawn ${errno}`), { code: errno });
}

function reasonOf(errno: string | null, command: string, cwd: string | null, cause: unknown): string {
  // Node blames the command where it is the folder that is missing.
  if (cwd !== null && !isFolder(cwd)) return `its folder ${JSON.stringify(cwd)} (cwd) is none; correct or create it`;
  switch (errno) {
    case 'ENOENT':
      return /[\\/]/.test(command)
        ? 'there is no such file, or no interpreter of the name in its first line; correct the path'
        : 'there is no such program in PATH; install it, or name its full path';
    case 'EACCES':
      return 'it may not be executed; make it executable (chmod +x), or name its interpreter as the command';
    case 'E2BIG':
      return 'its arguments and environment are too long together; shorten them';
    case 'ERR_INVALID_ARG_VALUE':
      return 'an argument or variable holds a NUL character; remove it';
    default:
      return errno ?? rootReason(cause);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** CONNECTOR_EXITED for a program that has ended or closed its streams; `lastLine` is the last line that it wrote. */
export function exitFailure({ command }: StdioCommand, exit: ProcessExit | null, lastLine: string): SwitchyardError {
  const detail: ErrorDetail = {
    command,
    ...(exit?.code != null && { code: exit.code }),
    ...(exit?.signal != null && { signal: exit.signal }),
    ...(lastLine !== '' && { stderr: lastLine }),
  };
  const why = lastLine === '' ? '.' : `: ${lastLine}`;
  return new SwitchyardError('CONNECTOR_EXITED', `Connector process ${JSON.stringify(command)} ${fateOf(exit)}${why}`, {
    detail,
  });
}

/** TOOL_RESULT_TOO_LARGE for a program whose message does not end within the cap. */
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
