import { codeOf, messageOf, SwitchyardError } from '../../shared/errors.ts';

/** The error for a record of the store that does not match its checksum. */
export class DamageError extends Error {
  override readonly name = 'DamageError';
}

/** Primary result codes of SQLite (https://sqlite.org/rescode.html). */
const BUSY = 5;
const READ_ONLY = 8;
const IO_ERROR = 10;
const CORRUPT = 11;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;

/** Whether this error, or one of its causes, means that the file of the store is damaged. */
export function isDamage(error: unknown): boolean {
  return someCause(error, (cause) => {
    const code = resultCodeOf(cause);
    // SQLite returned a number that this package never stores, so the file is damaged.
    const isOutOfRange = codeOf(cause) === 'ERR_OUT_OF_RANGE';
    return cause instanceof DamageError || code === CORRUPT || code === NOT_A_DATABASE || isOutOfRange;
  });
}

/** Whether another process has the lock on the database. */
export function isBusy(error: unknown): boolean {
  return resultCodeOf(error) === BUSY;
}

/** Whether the disk failed. The pages that this connection has in memory are then no longer reliable. */
export function isDiskFailure(error: unknown): boolean {
  return someCause(error, (cause) => [READ_ONLY, IO_ERROR, CANNOT_OPEN].includes(resultCodeOf(cause) ?? 0));
}

function someCause(error: unknown, test: (cause: unknown) => boolean): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (test(cause)) return true;
  return false;
}

function resultCodeOf(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return null;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : null;
}

/** Returns the error unchanged if it has a code. Wraps any other error in STORE_UNAVAILABLE. */
export function asUnavailable(what: string, error: unknown): SwitchyardError {
  if (error instanceof SwitchyardError) return error;
  return new SwitchyardError('STORE_UNAVAILABLE', `${what}: ${messageOf(error)}`, { cause: error });
}
