import {
  BRACE_OPEN,
  BRACKET_CLOSE,
  BRACKET_OPEN,
  COLON,
  COMMA,
  endOfContainer,
  endOfString,
  isClosing,
  isOpening,
  QUOTE,
  skipSpace,
} from '../json/json-lexer.ts';

/**
 * Positions of a map's entries in the bytes of the map. The scanner does not check that the bytes are JSON. For other
 * bytes, the positions may be wrong.
 */
export interface EntryBytes {
  /** Offset after the bracket that opens the list. */
  readonly listStart: number;
  /** Offset of the bracket that closes the list. */
  readonly listEnd: number;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/**
 * Finds each entry of a map in its bytes. Returns null if the list contains anything but objects. If an entry at an
 * offset is already known, `endOfKnown` returns its end, so that the entry need not be scanned. Otherwise `endOfKnown`
 * returns -1.
 */
export function findEntries(bytes: Buffer, endOfKnown: (start: number) => number = () => -1): EntryBytes | null {
  const listStart = findList(bytes, 'connectors');
  if (listStart < 0) return null;
  const starts: number[] = [];
  const ends: number[] = [];
  let next = skipSpace(bytes, listStart);
  if (bytes[next] !== BRACKET_CLOSE) {
    for (;;) {
      const known = endOfKnown(next);
      const end = known < 0 ? endOfObject(bytes, next) : known;
      if (end < 0) return null;
      starts.push(next);
      ends.push(end);
      next = skipSpace(bytes, end);
      if (bytes[next] === BRACKET_CLOSE) break;
      if (bytes[next] !== COMMA) return null;
      next = skipSpace(bytes, next + 1);
    }
  }
  return { listStart, listEnd: next, starts: Uint32Array.from(starts), ends: Uint32Array.from(ends) };
}

/** Returns the index after the object that starts at `start`, or -1 if no object starts there or its end is missing. */
export function endOfObject(bytes: Buffer, start: number): number {
  return bytes[start] === BRACE_OPEN ? endOfContainer(bytes, start) : -1;
}

/** Whether the bytes from `start` to `end` are this string in UTF-8. */
export function isText(bytes: Buffer, start: number, end: number, text: string): boolean {
  return bytes.toString('utf8', start, end) === text;
}

/**
 * Returns the index after the `[` of the top-level member `name`; -1 if there is no such member. Does not find a member
 * whose key is written with escapes.
 */
function findList(bytes: Buffer, name: string): number {
  const key = Buffer.from(JSON.stringify(name));
  let depth = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (isOpening(byte)) depth += 1;
    else if (isClosing(byte)) depth -= 1;
    else if (byte === QUOTE) {
      const end = endOfString(bytes, index);
      if (end < 0) return -1;
      const isKey = depth === 1 && end - index === key.length && bytes.compare(key, 0, key.length, index, end) === 0;
      const colon = skipSpace(bytes, end);
      if (isKey && bytes[colon] === COLON) {
        const open = skipSpace(bytes, colon + 1);
        return bytes[open] === BRACKET_OPEN ? open + 1 : -1;
      }
      index = end - 1;
    }
  }
  return -1;
}
