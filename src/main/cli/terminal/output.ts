import { stripVTControlCharacters, styleText } from 'node:util';
import { ERROR_CODES } from '../../../shared/error-codes.ts';
import { codeOf, type ErrorDetail, isErrorCode, messageOf, SwitchyardError } from '../../../shared/errors.ts';
import { type Logger, silentLogger } from '../../observability/logger.ts';
import { withOwnCommand } from './own-command.ts';

/** Options of the library that errors name, and the flags that set them here. */
const FLAGS: ReadonlyMap<string, string> = new Map([
  ['`signatureKeys`', '`--keys`'],
  ['`keyDocuments`', '`--key-documents`'],
  ['`accept: "hmac"`', '`--accept hmac`'],
  ['`mapId`', '`--map-id`'],
  ['`minVersion`', '`--min-version`'],
  ['`maxStaleMs`', '`--max-stale`'],
  ['(maxStaleMs)', '(--max-stale)'],
]);

/** Documented exit codes. 130 and 143 come from signals. */
export const EXIT = { ok: 0, failed: 1, usage: 2, toolFailed: 3 } as const;

/** An error as people and scripts get it. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
  readonly detail: ErrorDetail;
}

/** Progress and complaints are for people, so they go to stderr; stdout holds the result alone. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** A result for people. */
export function print(text: string): void {
  process.stdout.write(text);
}

/** A result for programs: the one document on stdout. */
export function printJson(document: object): void {
  process.stdout.write(`${printableJson(document)}\n`);
}

/** A document as JSON in which what a terminal would obey is escaped: JSON itself escapes U+0000 to U+001F alone. */
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
  // Of a connector that is down, the reason is underneath.
  const cause = error instanceof SwitchyardError && error.cause instanceof SwitchyardError ? error.cause : null;
  const text = messageOf(error);
  const isSaid = cause === null || text.includes(cause.message);
  const message = isSaid ? text : `${text}: ${cause.code}: ${cause.message}`;
  const remedy = ERROR_CODES[cause?.code ?? known].remedy;
  return {
    code: known,
    message: withFlags(withOwnCommand(message)),
    remedy: withFlags(withOwnCommand(remedy)),
    detail,
  };
}

/** One line that says what failed and what to do. */
export function failureLine({ code, message, remedy }: Failure): string {
  // A message about an option says what to do itself.
  const advice = code === 'OPTIONS_INVALID' ? '' : ` ${remedy}`;
  return `${code}: ${withStop(printable(message))}${advice}`;
}

/** Says what failed, as a document too where one is wanted; the exit code. */
export function reportFailure(error: unknown, isJson: boolean): number {
  const failure = failureOf(error);
  if (isJson) printJson({ ok: false, error: failure });
  say(`mcp-switchyard: ${failureLine(failure)}`);
  return failure.code === 'OPTIONS_INVALID' ? EXIT.usage : EXIT.failed;
}

/** Text from elsewhere, without what would move a terminal's cursor or recolour it, on one line. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ');
}

type Mark = 'ok' | 'note' | 'failed';

const MARKS = { ok: ['✔', 'green'], note: ['•', 'yellow'], failed: ['✖', 'red'] } as const;

/** The sign of an outcome, coloured where stdout is a terminal and NO_COLOR is not set. */
export function mark(outcome: Mark): string {
  const [sign, colour] = MARKS[outcome];
  return styleText(colour, sign, { stream: process.stdout });
}

/** Names flags where a text names options of the library. */
function withFlags(text: string): string {
  return [...FLAGS].reduce((named, [option, flag]) => named.replaceAll(option, flag), text);
}

function withStop(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}

/** Of what is logged, what is wrong in the configuration file, the registry or the store must be seen all the same. */
const tellProblem = (fields: object, message: string): void => {
  if ('event' in fields && /^(?:config|registry|store)-/.test(String(fields.event))) say(printable(message));
};

/** Logs nothing but that. */
export const problemLogger: Logger = { ...silentLogger, warn: tellProblem, error: tellProblem };

const tellLine = (_: object, message: string): void => say(printable(message));

/** Logs what a process that stays up has to say of what goes wrong. */
export const warningLogger: Logger = { ...silentLogger, warn: tellLine, error: tellLine };
