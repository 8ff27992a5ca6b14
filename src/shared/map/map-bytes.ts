const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

/** Where the entries of a map are in its bytes. All of it holds only if what is outside of them, and each of them, is JSON. */
export interface EntryBytes {
  /** Just after the bracket that opens the list. */
  readonly listStart: number;
  /** At the bracket that closes it. */
  readonly listEnd: number;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** Just after the `[` of the top-level member `name`, written without escapes; -1 if there is none. */
function findList(bytes: Buffer, name: string): number {
  const key = Buffer.from(JSON.stringify(name));
  let depth = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (byte === BRACE_OPEN || byte === BRACKET_OPEN) depth += 1;
    else if (byte === BRACE_CLOSE || byte === BRACKET_CLOSE) depth -= 1;
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

/** Where each entry of a map is; null where its list holds anything but objects. `at` may know the end of the entry that starts at a place, and gives -1 where it does not. */
export function findEntries(bytes: Buffer, at: (start: number) => number = () => -1): EntryBytes | null {
  const listStart = findList(bytes, 'connectors');
  if (listStart < 0) return null;
  const starts: number[] = [];
  const ends: number[] = [];
  let next = skipSpace(bytes, listStart);
  if (bytes[next] !== BRACKET_CLOSE) {
    for (;;) {
      const known = at(next);
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

/** The end of the object that starts at `start`, if it is JSON; -1 if none starts there or it does not end. */
export function endOfObject(bytes: Buffer, start: number): number {
  if (bytes[start] !== BRACE_OPEN) return -1;
  let depth = 0;
  for (let index = start; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (byte === QUOTE) {
      const end = endOfString(bytes, index);
      if (end < 0) return -1;
      index = end - 1;
    } else if (byte === BRACE_OPEN || byte === BRACKET_OPEN) depth += 1;
    else if (byte === BRACE_CLOSE || byte === BRACKET_CLOSE) {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return -1;
}

/** Whether the bytes from `start` to `end` are this text in UTF-8. */
export function isText(bytes: Buffer, start: number, end: number, text: string): boolean {
  return bytes.toString('utf8', start, end) === text;
}

/** Just after the string that starts at `start`; -1 if it does not end. */
function endOfString(bytes: Buffer, start: number): number {
  for (let index = start + 1; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (byte === BACKSLASH) index += 1;
    else if (byte === QUOTE) return index + 1;
  }
  return -1;
}

function skipSpace(bytes: Buffer, start: number): number {
  let index = start;
  for (let byte = bytes[index]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; byte = bytes[index])
    index += 1;
  return index;
}
