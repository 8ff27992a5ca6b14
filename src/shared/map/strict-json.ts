import type { ErrorCode } from '../error-codes.ts';
import { ConnectorManifestError, messageOf } from '../errors.ts';
import {
  BRACE_OPEN,
  COLON,
  endOfString,
  isClosing,
  isOpening,
  QUOTE,
  scanStructure,
  skipSpace,
} from '../json/json-lexer.ts';

/** Maximum nesting depth of a document. */
export const MAX_JSON_DEPTH = 64;

const LINE_FEED = 0x0a;

/**
 * Parses bytes that every reader must interpret in the same way, as strict I-JSON (RFC 7493). Rejects everything that
 * parsers disagree on, and everything that cannot be signed or sent:
 *
 * - a BOM (MAP_BOM), invalid UTF-8 (MAP_ENCODING), bad syntax (MAP_SYNTAX) and more than 64 levels (MAP_TOO_DEEP)
 * - a repeated key (MAP_DUPLICATE_KEY), and `__proto__` and `constructor` as keys (MAP_FORBIDDEN_KEY)
 * - lone surrogates, and numbers outside the range of a double (MAP_NOT_REPRESENTABLE)
 *
 * Messages begin with `subject`, the name of the document.
 */
export function parseStrictJson(
  bytes: Uint8Array,
  maxDepth: number = MAX_JSON_DEPTH,
  subject = 'The service map',
): unknown {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    throw refusal('MAP_BOM', `${subject} starts with a byte order mark (bytes EF BB BF).`);
  }
  const text = decodeUtf8(bytes, subject);
  const memberCount = countSentMembers(bytes, maxDepth, subject);
  const value = parse(text, subject);
  const seen = countMembers(value, subject);
  if (seen !== memberCount) {
    throw refusal('MAP_DUPLICATE_KEY', `${subject} has the same key twice in one object: ${placeOfDuplicate(bytes)}.`);
  }
  return value;
}

function refusal(code: ErrorCode, message: string, cause?: unknown): ConnectorManifestError {
  return new ConnectorManifestError(code, message, { cause });
}

function decodeUtf8(bytes: Uint8Array, subject: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw refusal('MAP_ENCODING', `${subject} is not valid UTF-8.`, cause);
  }
}

function parse(text: string, subject: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const looksLikePage = /^\s*</.test(text);
    // V8's message quotes the text around the error. The quote is removed, because untrusted content must not be
    // logged.
    const complaint = messageOf(cause)
      .replace(/, (\.\.\.)?".*"(\.\.\.)? is not valid JSON$/s, '')
      .replace(/\p{Cc}/gu, '\ufffd')
      .toWellFormed();
    const why = looksLikePage ? 'it looks like a web page, such as a login or an error page' : complaint;
    throw refusal('MAP_SYNTAX', `${subject} is not JSON: ${why}`);
  }
}

/**
 * Returns the number of object members in the bytes. If the parsed value has fewer members, a key is repeated. With
 * this comparison, repeated keys are found without a second parser.
 */
function countSentMembers(bytes: Uint8Array, maxDepth: number, subject: string): number {
  const { memberCount, tooDeepAt } = scanStructure(bytes, maxDepth);
  if (tooDeepAt >= 0)
    throw refusal('MAP_TOO_DEEP', `${subject} nests deeper than ${maxDepth} levels (byte ${tooDeepAt}).`);
  return memberCount;
}

/** Returns the number of object members in `value`. Rejects keys and values that cannot be signed or sent. */
function countMembers(value: unknown, subject: string): number {
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed())
        throw refusal('MAP_NOT_REPRESENTABLE', `${subject} contains a string with a lone surrogate.`);
      return 0;
    case 'number':
      if (!Number.isFinite(value))
        throw refusal('MAP_NOT_REPRESENTABLE', `${subject} contains a number that is too large for a double.`);
      return 0;
    case 'object':
      return value === null ? 0 : countMembersOf(value, subject);
    default:
      return 0;
  }
}

function countMembersOf(container: object, subject: string): number {
  let count = 0;
  if (Array.isArray(container)) {
    for (const item of container) count += countMembers(item, subject);
    return count;
  }
  for (const [key, item] of Object.entries(container)) {
    if (key === '__proto__' || key === 'constructor') {
      throw refusal('MAP_FORBIDDEN_KEY', `${subject} uses the key "${key}".`);
    }
    if (!key.isWellFormed()) throw refusal('MAP_NOT_REPRESENTABLE', `${subject} has a key with a lone surrogate.`);
    count += 1 + countMembers(item, subject);
  }
  return count;
}

/**
 * Returns words for a message: the first repeated key of an object, and the line of that key. The bytes are known to be
 * JSON.
 */
function placeOfDuplicate(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const keysOfOpen: (Set<string> | null)[] = [];
  let line = 1;
  for (let index = 0; index < text.length; index += 1) {
    const byte = text[index];
    if (byte === LINE_FEED) line += 1;
    else if (isOpening(byte)) keysOfOpen.push(byte === BRACE_OPEN ? new Set() : null);
    else if (isClosing(byte)) keysOfOpen.pop();
    else if (byte === QUOTE) {
      const end = endOfString(text, index);
      const keys = keysOfOpen.at(-1);
      if (keys != null && text[skipSpace(text, end)] === COLON) {
        const key = text.toString('utf8', index, end);
        const name = String(JSON.parse(key));
        if (keys.has(name)) return `${key.slice(0, 128).replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd')} on line ${line}`;
        keys.add(name);
      }
      index = end - 1;
    }
  }
  return 'at an unknown position';
}
