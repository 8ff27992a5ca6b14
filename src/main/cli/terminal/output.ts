import { stripVTControlCharacters, styleText } from 'node:util';
import { ERROR_CODES, type ErrorCode } from '../../../shared/error-codes.ts';
import { codeOf, type ErrorDetail, isErrorCode, messageOf, SwitchyardError } from '../../../shared/errors.ts';
import { type Logger, silentLogger } from '../../observability/logger.ts';
import { withOwnCommand } from './own-command.ts';
import { OWN_REMEDIES } from './own-remedies.ts';

/**
 * Phrases about library options in error messages, each with the phrase about flags that replaces it on the command
 * line.
 */
const FLAGS: ReadonlyMap<string, string> = new Map([
  ['`signatureKeys`', '`--keys`'],
  ['`keyDocuments`', '`--key-documents`'],
  ['`accept: "hmac"`', '`--accept hmac`'],
  ['`mapId`', '`--map-id`'],
  ['`minVersion`', '`--min-version`'],
  ['`maxStaleMs`', '`--max-stale`'],
  ['(maxStaleMs)', '(--max-stale)'],
  ['`connectorsApiKey`', '`--connectors-key-env`'],
  ['`allowEnv` (`--allow-env NAME`)', '`--allow-env NAME`'],
  ['`clientMetadataUrl`', '`--client-metadata-url`'],
  ['`stateDir`', '`--state-dir`'],
  [', press "Log in" on the status page, or call `startLogin()`', ''],
]);

/** Codes of errors whose message already says what to do, so that no remedy is added to it. */
const SAYS_WHAT_TO_DO: ReadonlySet<string> = new Set(['OPTIONS_INVALID', 'CONNECTOR_LOGIN_NEEDED']);

/** Exit codes of commands. Signals have the exit codes 130 and 143. `killed` is the exit code after SIGKILL. */
export const EXIT = { ok: 0, failed: 1, usage: 2, toolFailed: 3, killed: 137 } as const;

/** An error in the form in which it is printed or put into a JSON document. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  /** What the user can do about the error. */
  readonly remedy: string;
  readonly detail: ErrorDetail;
}

const NO_DETAIL: ErrorDetail = {};

/** Formats a number of things, such as "1 tool" or "2 tools". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Prints a line to stderr, for progress and problems. Only the result goes to stdout. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Prints a part of the result to stdout. */
export function print(text: string): void {
  process.stdout.write(text);
}

/**
 * Formats a JSON document. Also escapes characters that a terminal would interpret, because JSON.stringify escapes only
 * U+0000 to U+001F.
 */
export function printableJson(document: object): string {
  return JSON.stringify(document, null, 2).replace(/[\u007f-\u009f\u2028\u2029\p{Cf}]/gu, (character) =>
    Array.from({ length: character.length }, (_, index) => escapeUnit(character.charCodeAt(index))).join(''),
  );
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

export function failureOf(error: unknown): Failure {
  const code = codeOf(error);
  const known = isErrorCode(code) ? code : 'INTERNAL';
  const detail = error instanceof SwitchyardError ? error.detail : {};
  // If a connector is down, the cause of the error says why.
  const cause = error instanceof SwitchyardError && error.cause instanceof SwitchyardError ? error.cause : null;
  const text = messageOf(error);
  const isSaid = cause === null || text.includes(cause.message);
  const message = isSaid ? text : `${text}: ${cause.code}: ${cause.message}`;
  return {
    code: known,
    message: inOwnWords(message),
    remedy: remedyOf(cause?.code ?? known, detail.connectorId),
    detail,
  };
}

/** Creates a failure from a code and a message, for example from the last error of a connector. */
export function failureFrom(error: { readonly code: string; readonly message: string }, detail = NO_DETAIL): Failure {
  const code = isErrorCode(error.code) ? error.code : 'INTERNAL';
  return { code, message: inOwnWords(error.message), remedy: remedyOf(code, detail.connectorId), detail };
}

/**
 * Returns the remedy for an error code in words of the command line. If `connectorId` is known, it replaces the
 * placeholder in the remedy's commands.
 */
export function remedyOf(code: ErrorCode, connectorId?: unknown): string {
  const remedy = OWN_REMEDIES[code] ?? ERROR_CODES[code].remedy;
  const isKnown = typeof connectorId === 'string';
  return inOwnWords(isKnown ? remedy.replaceAll('auth login CONNECTOR`', () => `auth login ${connectorId}\``) : remedy);
}

/** Formats a failure as one line: the code, the message and the remedy. */
export function failureLine({ code, message, remedy }: Failure): string {
  const advice = SAYS_WHAT_TO_DO.has(code) ? '' : ` ${remedy}`;
  return `${code}: ${withStop(printable(message))}${advice}`;
}

/**
 * Puts untrusted text on one line, and removes characters that would move the cursor of a terminal or change its
 * colors.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ');
}

type Mark = 'ok' | 'note' | 'failed';

const MARKS = { ok: ['✔', 'green'], note: ['•', 'yellow'], failed: ['✖', 'red'] } as const;

/** Returns the sign for an outcome. The sign is colored if stdout is a terminal and NO_COLOR is not set. */
export function mark(outcome: Mark): string {
  const [sign, colour] = MARKS[outcome];
  return styleText(colour, sign, { stream: process.stdout });
}

/**
 * Translates a message for the command line: names of library options become flags, and commands start with the words
 * that start this program for the user.
 */
export function inOwnWords(text: string): string {
  return [...FLAGS].reduce((named, [option, flag]) => named.replaceAll(option, flag), withOwnCommand(text));
}

function withStop(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}

/** Prints a log message to stderr. Its commands start with the words that start this program for the user. */
export function sayLogLine(message: string): void {
  say(printable(withOwnCommand(message)));
}

/** Prints a log message if it is about a fault of the configuration file, the registry or the store. */
const tellProblem = (fields: object, message: string): void => {
  if ('event' in fields && /^(?:config|registry|store)-/.test(String(fields.event))) sayLogLine(message);
};

/** Logger that prints only messages about faults of the configuration file, the registry or the store. */
export const problemLogger: Logger = { ...silentLogger, warn: tellProblem, error: tellProblem };
