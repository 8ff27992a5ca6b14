import { channel } from 'node:diagnostics_channel';
import { ERROR_CODES, type ErrorCode } from './error-codes.ts';

/**
 * Facts about a failure for programs, in addition to its code. Contains only plain values, so that it can be sent to
 * another thread.
 */
export type ErrorDetail = Readonly<Record<string, string | number | boolean>>;

export interface SwitchyardErrorOptions {
  readonly cause?: unknown;
  readonly detail?: ErrorDetail;
}

/**
 * Publishes `{ error }` on diagnostics_channel for every error of this package when it is created, including errors
 * that are handled later.
 */
const made = channel('mcp-switchyard:error');

/** The class of every error that this package throws. Tell errors apart by `code`, never by message. */
export class SwitchyardError extends Error {
  override readonly name: string = 'SwitchyardError';
  readonly code: ErrorCode;
  readonly detail: ErrorDetail;

  constructor(code: ErrorCode, message: string, options: SwitchyardErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.detail = options.detail ?? {};
    if (made.hasSubscribers) made.publish({ error: this });
  }
}

/**
 * The error of a service map that could not be obtained or was refused. Programs that were written for the manager that
 * this package replaces catch this class by its name.
 */
export class ConnectorManifestError extends SwitchyardError {
  override readonly name: string = 'ConnectorManifestError';
}

/** One link of an error's cause chain, as plain data. */
interface WireCause {
  readonly name: string;
  readonly message: string;
  readonly code: string | null;
}

/** An error as plain data for transfer between threads, because structured clone drops class and code. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly detail: ErrorDetail;
  readonly causes: readonly WireCause[];
}

const MAX_CAUSES = 8;

/** Maximum length of a reason, because reasons come from other software and are logged. */
const MAX_REASON_LENGTH = 300;

/** Whether `value` is a code of {@link ERROR_CODES}. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_CODES, value);
}

/** Returns the system or library code of any error (`ECONNREFUSED`, `UND_ERR_SOCKET`, …), or null. */
export function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** Returns the message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Returns the underlying reason of an error on one line, for messages and logs. The reason is the first code along the
 * cause chain that does not belong to this package, with the message of that error.
 */
export function rootReason(error: unknown): string {
  const line = reasonOf(error).trim().split('\n', 1)[0] ?? '';
  const reason = line === '' && error instanceof Error ? error.name : line;
  return reason.length <= MAX_REASON_LENGTH ? reason : `${reason.slice(0, MAX_REASON_LENGTH)}…`;
}

function reasonOf(error: unknown): string {
  let reason = messageOf(error);
  let current: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES && current instanceof Error; depth += 1) {
    const code = codeOf(current);
    if (code !== null && !isErrorCode(code)) return `${code}: ${current.message}`;
    reason = current.message;
    current = current.cause;
  }
  return reason;
}

/** Returns `error` itself if it is a SwitchyardError, or else wraps it under `code`. */
export function asSwitchyardError(error: unknown, code: ErrorCode = 'INTERNAL'): SwitchyardError {
  if (error instanceof SwitchyardError) return error;
  return new SwitchyardError(code, messageOf(error), { cause: error });
}

/** Converts any error to plain data. Stacks are dropped, because they contain paths of the machine. */
export function toWireError(error: unknown, code: ErrorCode = 'INTERNAL'): WireError {
  const own = asSwitchyardError(error, code);
  const causes: WireCause[] = [];
  let current: unknown = own.cause;
  while (current instanceof Error && causes.length < MAX_CAUSES) {
    causes.push({ name: current.name, message: current.message, code: codeOf(current) });
    current = current.cause;
  }
  return { code: own.code, message: own.message, detail: own.detail, causes };
}

/** Recreates the error that `wire` describes, including its cause chain, as an instance of `ErrorClass`. */
export function fromWireError(wire: WireError, ErrorClass: typeof SwitchyardError = SwitchyardError): SwitchyardError {
  let cause: Error | undefined;
  for (const link of wire.causes.toReversed()) {
    const error = new Error(link.message, cause === undefined ? undefined : { cause });
    error.name = link.name;
    cause = link.code === null ? error : Object.assign(error, { code: link.code });
  }
  return new ErrorClass(wire.code, wire.message, { detail: wire.detail, cause });
}

/** Whether an error, or one of its causes, has one of these codes. */
export function hasCodeAmongCauses(error: unknown, codes: ReadonlySet<string>): boolean {
  let current: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES && current instanceof Error; depth += 1) {
    if (codes.has(codeOf(current) ?? '')) return true;
    current = current.cause ?? (current instanceof AggregateError ? current.errors[0] : undefined);
  }
  return false;
}
