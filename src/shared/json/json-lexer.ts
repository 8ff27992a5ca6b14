/**
 * Primitives for scanners of raw JSON bytes: structural bytes, the end of a string and the nesting depth. These
 * functions do not check that the bytes are JSON. For other bytes, the results may be wrong but are always safe to use.
 * All structural bytes are ASCII, and no byte of a longer UTF-8 sequence is ASCII, so UTF-8 needs no decoding.
 */

export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COLON = 0x3a;
export const COMMA = 0x2c;
export const BRACKET_OPEN = 0x5b;
export const BRACKET_CLOSE = 0x5d;
export const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

/** Whether a byte opens an object or an array. */
export function isOpening(byte: number | undefined): boolean {
  return byte === BRACE_OPEN || byte === BRACKET_OPEN;
}

/** Whether a byte closes an object or an array. */
export function isClosing(byte: number | undefined): boolean {
  return byte === BRACE_CLOSE || byte === BRACKET_CLOSE;
}

/** Whether a byte is white space between tokens (RFC 8259 section 2). */
export function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Returns the index of the first byte from `start` that is not white space, or the length of `bytes` if all are. */
export function skipSpace(bytes: Uint8Array, start: number): number {
  let index = start;
  while (isSpace(bytes[index])) index += 1;
  return index;
}

/** Returns the index after the string whose opening quote is at `start`, or -1 if the string does not end. */
export function endOfString(bytes: Uint8Array, start: number): number {
  for (let index = start + 1; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (byte === BACKSLASH) index += 1;
    else if (byte === QUOTE) return index + 1;
  }
  return -1;
}

/**
 * Returns the index after the object or array that opens at `start`, or -1 if nothing opens there or the end is
 * missing.
 */
export function endOfContainer(bytes: Uint8Array, start: number): number {
  if (!isOpening(bytes[start])) return -1;
  let depth = 0;
  for (let index = start; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (byte === QUOTE) {
      const end = endOfString(bytes, index);
      if (end < 0) return -1;
      index = end - 1;
    } else if (isOpening(byte)) depth += 1;
    else if (isClosing(byte)) {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return -1;
}

/** Result of scanning a whole document. */
export interface JsonStructure {
  /** Number of colons outside strings: the number of members of all objects, including repeated keys. */
  readonly memberCount: number;
  /** Index of the first byte that is nested deeper than the limit, where the scan stops; -1 if no byte is. */
  readonly tooDeepAt: number;
}

/** Counts the members of a document and limits its nesting to `maxDepth` levels, without parsing it. */
export function scanStructure(bytes: Uint8Array, maxDepth: number): JsonStructure {
  let memberCount = 0;
  let depth = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (byte === QUOTE) {
      const end = endOfString(bytes, index);
      if (end < 0) break;
      index = end - 1;
    } else if (byte === COLON) memberCount += 1;
    else if (isOpening(byte)) {
      depth += 1;
      if (depth > maxDepth) return { memberCount, tooDeepAt: index };
    } else if (isClosing(byte)) depth -= 1;
  }
  return { memberCount, tooDeepAt: -1 };
}
