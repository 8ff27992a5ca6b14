import { JsonFault } from '../../shared/json/json-limits.ts';
import { parseForeignJson } from '../../shared/json/parse-foreign.ts';

/** How many characters at the beginning and at the end of a message are searched for the id of the message. */
const HEAD_LENGTH = 4_096;
const TAIL_LENGTH = 256;

/**
 * Maximum length of an error. People read errors, also in logs, so a longer error has no use and only costs memory and
 * time.
 */
const MAX_ERROR_LENGTH = 1024 * 1024;

/** Matches the id of a message if it is the last member, or the last one before `jsonrpc`. */
const LAST_ID = /,\s*"id"\s*:\s*(\d{1,15}|"\d{1,15}")\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$/;

/** A message that is rejected without its content, because it is too large or nested too deeply. */
export class RefusedMessage {
  /** Id of the request that the message answers. Null if the id is not found, or if the message is not a response. */
  readonly id: number | null;
  /** Whether the message is a request or a notification, because it has a `method`. */
  readonly isRequest: boolean;
  /** Reason for the rejection, as a clause such as "nests deeper than 128 levels". */
  readonly reason: string;

  /** `head` and `tail` are the beginning and the end of the message, as far as they were kept. */
  constructor(fault: JsonFault, head: string, tail: string = head) {
    const { id, method } = firstMembers(head.slice(0, HEAD_LENGTH));
    this.reason = fault.message;
    this.isRequest = method;
    this.id = method ? null : (id ?? asId(LAST_ID.exec(tail.slice(-TAIL_LENGTH))?.[1]));
  }
}

/**
 * Parses the JSON of a message. Returns a {@link RefusedMessage} if the message is too large or nested too deeply.
 * Other calls on the connection can then continue, and the call that waits for this message fails with the reason.
 * Throws a SyntaxError for invalid JSON.
 */
export function parseMessage(text: string): unknown {
  try {
    const value = parseForeignJson(text);
    return text.length > MAX_ERROR_LENGTH && hasError(value) ? new RefusedMessage(longError(), text) : value;
  } catch (error) {
    if (error instanceof JsonFault) return new RefusedMessage(error, text);
    throw error;
  }
}

function longError(): JsonFault {
  return new JsonFault(`contains an error of more than ${MAX_ERROR_LENGTH} characters`);
}

/** Whether a message is an error response, or is a batch that contains an error response. */
function hasError(value: unknown): boolean {
  const messages: readonly unknown[] = Array.isArray(value) ? value : [value];
  return messages.some((message) => isObject(message) && isObject(message.error) && !isObject(message.result));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Parses a line of output from a stdio server, as {@link parseMessage} does. Returns undefined for a line that is not a
 * JSON object or array. Servers also print other lines. Such a line is recognized without parsing it, because creating
 * a SyntaxError is slow.
 */
export function messageInLine(line: string): unknown {
  const [first, last] = [line.trimStart()[0], line.trimEnd().at(-1)];
  const isEnclosed = (first === '{' && last === '}') || (first === '[' && last === ']');
  if (!isEnclosed) return undefined;
  try {
    return parseMessage(line);
  } catch {
    return undefined;
  }
}

/** Finds the id of a message, and whether it has a method, among the members before the first object or array. */
function firstMembers(head: string): { readonly id: number | null; readonly method: boolean } {
  const member = /\s*"((?:[^"\\]|\\.)*)"\s*:\s*(?:("(?:[^"\\]|\\.)*"|[\w.+-]+)\s*,)?/y;
  member.lastIndex = /^\s*\{/.exec(head)?.[0].length ?? head.length;
  let id: number | null = null;
  let method = false;
  for (let found = member.exec(head); found !== null; found = member.exec(head)) {
    const [, name, value] = found;
    if (name === 'method') method = true;
    if (name === 'id') id = asId(value);
    if (value === undefined) break;
  }
  return { id, method };
}

/** Parses an id. Some servers send the id 7 as the string "7". */
function asId(text: string | undefined): number | null {
  const digits = /^"?(\d{1,15})"?$/.exec(text ?? '')?.[1];
  return digits === undefined ? null : Number(digits);
}
