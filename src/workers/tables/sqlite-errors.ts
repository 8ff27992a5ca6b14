import { codeOf, messageOf, SwitchyardError } from '../../shared/errors.ts';

/** A record of the store is not as it was written. */
export class DamageError extends Error {
  override readonly name = 'DamageError';
}

/** Primary result codes, https://sqlite.org/rescode.html */
const BUSY = 5;
const READ_ONLY = 8;
const IO_ERROR = 10;
const CORRUPT = 11;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;

/** Whether this, or what caused it, says that the store's file is damaged. */
export function isDamage(error: unknown): boolean {
  return someCause(error, (cause) => {
    const code = resultCodeOf(cause);
    // A number that no column of ours ever holds.
    const isOutOfRange = codeOf(cause) === 'ERR_OUT_OF_RANGE';
    return cause instanceof DamageError || code === CORRUPT || code === NOT_A_DATABASE || isOutOfRange;
  });
}

/** Whether another process holds what was asked for. */
export function isBusy(error: unknown): boolean {
  return resultCodeOf(error) === BUSY;
}

/** Whether the disk failed under this connection: what it holds of the files is not to be relied on any more. */
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

/** An error of the store as it is, any other as STORE_UNAVAILABLE. */
export function asUnavailable(what: string, error: unknown): SwitchyardError {
  if (error instanceof SwitchyardError) return error;
  return new SwitchyardError('STORE_UNAVAILABLE', `${what}: ${messageOf(error)}`, { cause: error });
}
