import { stripVTControlCharacters, styleText } from 'node:util';
import { ERROR_CODES, type ErrorCode } from '../../../shared/error-codes.ts';
import { codeOf, type ErrorDetail, isErrorCode, messageOf, SwitchyardError } from '../../../shared/errors.ts';
import { type Logger, silentLogger } from '../../observability/logger.ts';
import { withOwnCommand } from './own-command.ts';
import { OWN_REMEDIES } from './own-remedies.ts';

/** Library options that errors name, and the flags that set them. */
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

/** Codes whose messages already say what to do: which option to correct, how to log in. */
const SAYS_WHAT_TO_DO: ReadonlySet<string> = new Set(['OPTIONS_INVALID', 'CONNECTOR_LOGIN_NEEDED']);

/** Documented exit codes. 130 and 143 come from signals. `killed` is what SIGKILL leaves. */
export const EXIT = { ok: 0, failed: 1, usage: 2, toolFailed: 3, killed: 137 } as const;

/** An error in the form that people and scripts receive. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
  readonly detail: ErrorDetail;
}

const NO_DETAIL: ErrorDetail = {};

/** "1 tool", "2 tools". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Prints a line about progress or problems to stderr; stdout holds only the result. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Prints a result to stdout, as readable text. */
export function print(text: string): void {
  process.stdout.write(text);
}

/**
 * Formats a document as JSON and escapes what a terminal would interpret: JSON itself escapes only U+0000 to U+001F.
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
  // For a connector that is down, the reason is in the cause.
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

/** Returns the failure behind a code and a message, such as those of a connector's last error. */
export function failureFrom(error: { readonly code: string; readonly message: string }, detail = NO_DETAIL): Failure {
  const code = isErrorCode(error.code) ? error.code : 'INTERNAL';
  return { code, message: inOwnWords(error.message), remedy: remedyOf(code, detail.connectorId), detail };
}

/** Returns the remedy of an error in terms of the command line; its commands name the connector if it is known. */
export function remedyOf(code: ErrorCode, connectorId?: unknown): string {
  const remedy = OWN_REMEDIES[code] ?? ERROR_CODES[code].remedy;
  const isKnown = typeof connectorId === 'string';
  return inOwnWords(isKnown ? remedy.replaceAll('auth login CONNECTOR`', () => `auth login ${connectorId}\``) : remedy);
}

/** Formats a failure as one line that says what failed and what to do. */
export function failureLine({ code, message, remedy }: Failure): string {
  const advice = SAYS_WHAT_TO_DO.has(code) ? '' : ` ${remedy}`;
  return `${code}: ${withStop(printable(message))}${advice}`;
}

/** Returns untrusted text on one line, without characters that move a terminal's cursor or change its colours. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ');
}

type Mark = 'ok' | 'note' | 'failed';

const MARKS = { ok: ['✔', 'green'], note: ['•', 'yellow'], failed: ['✖', 'red'] } as const;

/** Returns the sign of an outcome, coloured if stdout is a terminal and NO_COLOR is not set. */
export function mark(outcome: Mark): string {
  const [sign, colour] = MARKS[outcome];
  return styleText(colour, sign, { stream: process.stdout });
}

/** Replaces the names of library options by flags, and commands by the words that start them here. */
export function inOwnWords(text: string): string {
  return [...FLAGS].reduce((named, [option, flag]) => named.replaceAll(option, flag), withOwnCommand(text));
}

function withStop(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}

/** Prints a log line to stderr, with its commands replaced by the words that start them here. */
export function sayLogLine(message: string): void {
  say(printable(withOwnCommand(message)));
}

/** Prints the log lines that must always be seen, about faults of the configuration file, the registry or the store. */
const tellProblem = (fields: object, message: string): void => {
  if ('event' in fields && /^(?:config|registry|store)-/.test(String(fields.event))) sayLogLine(message);
};

/** Logger that prints only faults of the configuration file, the registry or the store. */
export const problemLogger: Logger = { ...silentLogger, warn: tellProblem, error: tellProblem };
