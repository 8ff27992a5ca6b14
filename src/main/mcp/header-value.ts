import { trimBlanks } from '../../shared/net/trim-blanks.ts';

const SENTINEL = /^=\?base64\?.*\?=$/;
const PLAIN = /^[\t\x20-\x7e]+$/;

/**
 * Encodes a string as the value of a header: plain ASCII stays unchanged, and any other string becomes `=?base64?…?=`
 * (MCP 2026-07-28, Streamable HTTP, value encoding). A string that already looks encoded is encoded once more, so that
 * decoding restores it.
 */
export function encodeHeaderValue(text: string): string {
  const isPlain = PLAIN.test(text) && text === text.trim() && !SENTINEL.test(text);
  return isPlain ? text : `=?base64?${Buffer.from(text).toString('base64')}?=`;
}

/** Decodes the value of a header. Returns null if the value is not encoded correctly. */
export function decodeHeaderValue(value: string): string | null {
  const trimmed = trimBlanks(value);
  if (!trimmed.startsWith('=?') || !SENTINEL.test(trimmed)) return trimmed;
  const encoded = trimmed.slice('=?base64?'.length, -'?='.length);
  const bytes = Buffer.from(encoded, 'base64');
  // Node ignores characters that are not base64. So the value was valid only if encoding the result gives the same
  // string.
  return bytes.toString('base64') === encoded ? bytes.toString('utf8') : null;
}
